//! What a bundle says of itself: `bundle.json`, and the pages that tell a stranger how to verify it.

use serde::Serialize;

/// The verifier in Go: signed notes and tiles are read by packages that the Go team wrote.
pub const GO: &str = include_str!("verify.go");

/// The verifier in Python, which also replays every score.
pub const PYTHON: &str = include_str!("../../../tests/verifier/verify_bundle.py");

const INSTRUCTIONS: &str = include_str!("VERIFY.md");

/// What `bundle.json` says, in this order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The log's name.
    pub origin: String,
    /// Entries.
    pub size: u64,
    /// The root over them, in base64.
    pub root: String,
    /// What was chosen.
    pub selection: Said,
    /// Whether the rows of the segments are in it.
    pub rows: bool,
    /// The segments chosen, in log order.
    pub segments: Vec<String>,
    /// For whom.
    pub recipient: String,
    /// The civil date in the policy's zone.
    pub date: String,
}

/// What was chosen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Said {
    /// One run.
    Run {
        /// Its id.
        run: String,
    },
    /// The runs of a range of law dates.
    Dates {
        /// The first day.
        from: String,
        /// The last day.
        to: String,
    },
    /// Decisions about one lead, ascending.
    Decisions {
        /// Their numbers.
        decisions: Vec<u64>,
    },
}

/// `bundle.json` as it is written.
#[derive(Serialize)]
struct Document<'a> {
    format: &'static str,
    binary: &'static str,
    origin: &'a str,
    size: u64,
    root: &'a str,
    selection: &'a Said,
    rows: bool,
    segments: &'a [String],
    recipient: &'a str,
    date: &'a str,
}

impl Page {
    /// The canonical document: two-space indent, LF, keys in their order.
    #[must_use]
    pub fn json(&self) -> String {
        let document = Document {
            format: "probant/bundle/v1",
            binary: env!("CARGO_PKG_VERSION"),
            origin: &self.origin,
            size: self.size,
            root: &self.root,
            selection: &self.selection,
            rows: self.rows,
            segments: &self.segments,
            recipient: &self.recipient,
            date: &self.date,
        };
        let mut text =
            serde_json::to_string_pretty(&document).expect("strings and integers always serialise");
        text.push('\n');
        text
    }

    /// `VERIFY.md`, with this bundle's name, size and root.
    #[must_use]
    pub fn instructions(&self) -> String {
        INSTRUCTIONS
            .replace("{origin}", &self.origin)
            .replace("{size}", &self.size.to_string())
            .replace("{root}", &self.root)
            .replace("{recipient}", &self.recipient)
            .replace("{date}", &self.date)
    }
}
