"""Small multiples as SVG: what one lead costs against each factor, readable on light and on dark."""
from html import escape

WIDTH, HEIGHT = 172, 128  # of one panel
LEFT, TOP, GAP_X, GAP_Y, BOTTOM = 20, 48, 20, 102, 46
MARGIN = 16  # within a panel, left and right of the dots

STYLE = """
  text { font: 11px system-ui, sans-serif; fill: #57606a }
  .what { font-size: 13px; font-weight: 600; fill: #1f2328 }
  .value { fill: #1f2328 }
  .axis { stroke: #d0d7de }
  .line { fill: none; stroke: #0969da; stroke-width: 2 }
  .dot { fill: #0969da }
  @media (prefers-color-scheme: dark) {
    text { fill: #9198a1 }
    .what, .value { fill: #f0f6fc }
    .axis { stroke: #3d444d }
    .line { stroke: #58a6ff }
    .dot { fill: #58a6ff }
  }
"""


def short(value):
    """Two digits that count."""
    return f"{value:.2f}" if value < 1 else f"{value:.1f}" if value < 10 else f"{value:.0f}"


def grown(factor, points):
    """In words, for those who cannot see it."""
    (first, least), (last, most) = points[0], points[-1]
    return f"{factor} {first:g} to {last:g}: {short(least)} to {short(most)}"


def panel(x, y, factor, points, most):
    """One factor: a dot for each of its values, at its place; all panels of a row share the height of `most`."""
    yield f'<text class="value" x="{x}" y="{y + HEIGHT + 34}">{escape(factor)}</text>'
    yield f'<line class="axis" x1="{x}" y1="{y + HEIGHT}" x2="{x + WIDTH}" y2="{y + HEIGHT}"/>'
    end = max(at for at, _ in points)
    places = [(x + MARGIN + (WIDTH - 2 * MARGIN) * at / end, y + HEIGHT * (1 - value / most)) for at, value in points]
    yield f'<polyline class="line" points="{" ".join(f"{a:.1f},{b:.1f}" for a, b in places)}"/>'
    for nth, ((at, value), (a, b)) in enumerate(zip(points, places)):
        # A number stands above its dot, or left of it where the line climbs on.
        climbs = nth + 1 < len(places) and b - places[nth + 1][1] > 0.4 * (places[nth + 1][0] - a)
        above, anchor = (a - 5, "end") if climbs and nth else (a, "middle")
        yield f'<circle class="dot" cx="{a:.1f}" cy="{b:.1f}" r="3"/>'
        yield f'<text class="value" x="{above:.1f}" y="{b - 8:.1f}" text-anchor="{anchor}">{short(value)}</text>'
        yield f'<text x="{a:.1f}" y="{y + HEIGHT + 16}" text-anchor="middle">{at:g}</text>'


def draw(rows):
    """An SVG of (title, [(factor, [(value, microseconds)])])."""
    across = max(len(panels) for _, panels in rows)
    width = LEFT * 2 + across * WIDTH + (across - 1) * GAP_X
    height = TOP + len(rows) * HEIGHT + (len(rows) - 1) * GAP_Y + BOTTOM
    told = "; ".join(f"{title}, {grown(*panel)}" for title, panels in rows for panel in panels)
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" aria-labelledby="title desc">',
        '<title id="title">Microseconds a lead, by leads, features, pairs, levels and threads</title>',
        f'<desc id="desc">{escape(told)}</desc>',
        f"<style>{STYLE}</style>",
    ]
    for row, (title, panels) in enumerate(rows):
        y = TOP + row * (HEIGHT + GAP_Y)
        most = max(value for _, points in panels for _, value in points)
        out.append(f'<text class="what" x="{LEFT}" y="{y - 26}">{escape(title)}</text>')
        for at, (factor, points) in enumerate(panels):
            out.extend(panel(LEFT + at * (WIDTH + GAP_X), y, factor, points, most))
    return "\n".join([*out, "</svg>"]) + "\n"
