#!/usr/bin/env python3
"""The export of make_leads.py as a French CRM writes it: french_csv.py IN.parquet OUT.csv [BAD_SHARE]

Windows-1252, `;`, decimal comma, CRLF, `oui`/`non`, levels with accents, quotes where a cell needs them. BAD_SHARE of the rows
(0.005 unless told) are bad, in six ways by turns: a bad number, a bad flag, a field too few, a field too many, no identifier,
the identifier of the row before. Same input, same bytes.

Beside it, OUT.parquet holds the same leads, so that both can be scored and compared. Parquet cannot hold a bad number or a
ragged row: such a row has no identifier there, so that as many rows fail. Prints the counts as JSON. Needs pyarrow."""
import json
import sys

import pyarrow as pa
import pyarrow.parquet as pq

WORDS = {
    "source": "Site web,Salon,Parrainage,Téléphone,Publicité,Réseaux sociaux,Presse écrite,Courriel,Référencement,Évènement,Prospection,Autre",
    "sector": "Santé,Métallurgie,Énergie,Bâtiment,Hôtellerie,Éducation,Commerce de détail,Télécommunications,Assurance,Agriculture,"
    "Mécanique,Chimie,Édition,Logistique,Immobilier,Conseil,Sécurité,Propreté,Aéronautique,Forêt et bois",
    "region": "Île-de-France,Auvergne-Rhône-Alpes,Nouvelle-Aquitaine,Occitanie,Hauts-de-France,Provence-Alpes-Côte d’Azur,Grand Est,"
    "Pays de la Loire,Normandie,Bretagne,Bourgogne-Franche-Comté,Centre-Val de Loire,Corse,La Réunion,Martinique,Guadeloupe,Guyane,Mayotte",
    "job_level": "Dirigeant,Cadre supérieur,Cadre,Employé,Indépendant,Étudiant",
    "form": "Démonstration,Devis,Rappel,Livre blanc,Infolettre,Wébinaire,Essai gratuit,Contact,Événement",
    "device": "Ordinateur,Téléphone,Tablette",
    "offer": "Découverte,Équipe,Entreprise,Sur mesure,Référence,Annuelle,Mensuelle,Étude",
}
WORDS = {name: words.split(",") for name, words in WORDS.items()}
WORDS["campaign"] = [["Été", "Salon de l’été", "Rentrée; automne", 'Opération "Éclair"'][k % 4] + f" {k:02d}" for k in range(40)]
BAD = ["bad number", "bad flag", "a field too few", "a field too many", "no identifier", "repeated identifier"]


def cell(text):
    return '"' + text.replace('"', '""') + '"' if ";" in text or '"' in text else text


def french(name, column):
    """A column's texts: as they are in the CSV, unquoted; None is missing."""
    kind = column.type
    if name in WORDS:
        return [None if it is None else WORDS[name][int(it.rsplit("_", 1)[1])] for it in column.to_pylist()]
    if pa.types.is_floating(kind):
        return [None if it is None else f"{it:.2f}".replace(".", ",") for it in column.to_pylist()]
    if pa.types.is_boolean(kind):
        return [None if it is None else "oui" if it else "non" for it in column.to_pylist()]
    return [None if it is None else str(it) for it in column.to_pylist()]


def spoil(row, way, names, before):
    """Makes a row bad, so many-th way of BAD."""
    at = names.index
    if way == 0:
        row[at("revenue_keur")] = "1.234,5.6"
    elif way == 1:
        row[at("webinar")] = "peut-être"
    elif way == 2:
        del row[at("offer")]
    elif way == 3:
        row.insert(at("offer"), "reliquat")
    elif way == 4:
        row[0] = ""
    else:
        row[0] = before


def main():
    source, out = sys.argv[1], sys.argv[2]
    share = float(sys.argv[3]) if len(sys.argv) > 3 else 0.005
    counts = {"rows": 0, "failed": 0, "bytes": 0} | dict.fromkeys(BAD, 0)
    before, twin = "", None
    with open(out, "wb") as csv:
        for batch in pq.ParquetFile(source).iter_batches(100_000):
            names = batch.schema.names
            columns = [french(name, batch.column(name)) for name in names]
            identifiers = list(columns[0])
            lines = [";".join(names)] if counts["rows"] == 0 else []
            for at, cells in enumerate(zip(*columns)):
                row = ["" if it is None else cell(it) for it in cells]
                number = counts["rows"]
                counts["rows"] += 1
                # Multiples of the golden ratio, modulo 1, are spread evenly.
                if number > 0 and number * 2654435769 % 2**32 < share * 2**32:
                    way = counts["failed"] % len(BAD)
                    spoil(row, way, names, before)
                    identifiers[at] = before if way == 5 else None
                    counts["failed"] += 1
                    counts[BAD[way]] += 1
                else:
                    before = row[0]
                lines.append(";".join(row))
            csv.write(("\r\n".join(lines) + "\r\n").encode("cp1252"))
            same = [pa.array(identifiers)] + [
                pa.array(texts) if name in WORDS else batch.column(name) for name, texts in zip(names[1:], columns[1:])
            ]
            same = pa.table(same, names=names)
            twin = twin or pq.ParquetWriter(out.removesuffix(".csv") + ".parquet", same.schema, compression="zstd")
            twin.write_table(same)
        counts["bytes"] = csv.tell()
    twin.close()
    print(json.dumps(counts))


if __name__ == "__main__":
    main()
