//! Parquet exports, by the same rules as CSV, and nothing that was not declared.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::Path;

use probant::intake::{Asked, Columnar, Error as IntakeError, Portion, Reason};
use probant::policy::{DateOrder, Dialect, Encoding, Format, Kind, Thousands};
use probant::table::{Cells, Column, Error, Field, Raw, Reader, Wanted, Writer};

fn dialect() -> Dialect {
    Dialect {
        format: Format::Parquet,
        separator: b',',
        encoding: Encoding::Utf8,
        decimal: ',',
        thousands: Thousands::Space,
        dates: DateOrder::DayFirst,
        missing: vec!["n.c.".to_owned()],
        yes: vec!["oui".to_owned()],
        no: vec!["non".to_owned()],
    }
}

fn field<'a>(name: &str, cells: Cells<'a>) -> Field<'a> {
    Field {
        name: name.to_owned(),
        cells,
    }
}

fn texts<'a>(cells: &[Option<&'a str>]) -> Cells<'a> {
    Cells::Text(cells.iter().map(|cell| cell.map(Cow::from)).collect())
}

fn write(path: &Path, fields: &[Field]) {
    let mut to = Writer::new(File::create(path).unwrap(), fields).unwrap();
    to.write(fields).unwrap();
    to.finish().unwrap();
}

fn read(path: &Path, asked: &[Asked]) -> Result<Vec<Portion>, Box<dyn std::error::Error>> {
    let wanted: Vec<Wanted> = asked
        .iter()
        .map(|ask| Wanted {
            name: ask.name.clone(),
            repeats: ask.kind != Kind::Text,
        })
        .collect();
    let from = Reader::open(&[path.to_owned()], &wanted)?;
    Ok(
        Columnar::new(from, &dialect(), asked, &["export".to_owned()])?
            .collect::<Result<_, _>>()?,
    )
}

fn sample(path: &Path) {
    write(
        path,
        &[
            field("id", texts(&[Some("a"), Some("b"), None, Some("d")])),
            field(
                "secret",
                texts(&[
                    Some("zzzz-secret-1"),
                    Some("zzzz-secret-2"),
                    Some("zzzz-secret-3"),
                    Some("zzzz-secret-4"),
                ]),
            ),
            field(
                " revenu ",
                texts(&[Some("1 234,5"), Some("n.c."), Some("3"), Some("x")]),
            ),
            field("pages", Cells::Number(vec![1.0, f64::NAN, 2.0, 3.0])),
            field(
                "actif",
                texts(&[Some("Oui"), Some("non"), None, Some("oui")]),
            ),
        ],
    );
}

fn asked() -> Vec<Asked> {
    vec![
        Asked::identifier("id"),
        Asked::column("revenu", Kind::Number),
        Asked::column("pages", Kind::Number),
        Asked::column("actif", Kind::Flag),
    ]
}

#[test]
fn texts_in_parquet_are_read_in_the_declared_dialect() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.parquet");
    sample(&path);
    let portions = read(&path, &asked()).unwrap();
    let portion = &portions[0];
    assert_eq!(portion.records, 4);
    assert_eq!(portion.batch.records, [1, 2]);
    let Column::Number(revenue) = &portion.batch.columns[1] else {
        panic!()
    };
    assert!((revenue[0] - 1234.5).abs() < 1e-12 && revenue[1].is_nan());
    let Column::Flag(active) = &portion.batch.columns[3] else {
        panic!()
    };
    assert_eq!(active, &[1, 0]);
    let failed: Vec<(u64, Reason, Option<&str>)> = portion
        .failures
        .iter()
        .map(|it| (it.record, it.reason, it.identifier.as_deref()))
        .collect();
    assert_eq!(
        failed,
        [
            (3, Reason::Required, None),
            (4, Reason::NotANumber, Some("d"))
        ]
    );
}

#[test]
fn levels_that_are_one_once_tidied_become_one_and_a_missing_mark_none() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.parquet");
    for (cells, expected) in [
        (
            ["A ", "A", "n.c.", "B", "A"],
            [Some("A"), Some("A"), None, Some("B"), Some("A")],
        ),
        (
            ["A", "B", "C", "B", "A"],
            ["A", "B", "C", "B", "A"].map(Some),
        ),
    ] {
        let ids = texts(&["1", "2", "3", "4", "5"].map(Some));
        let sectors = texts(&cells.map(Some));
        write(&path, &[field("id", ids), field("sector", sectors)]);
        let asked = [
            Asked::identifier("id"),
            Asked::column("sector", Kind::Category),
        ];
        let portions = read(&path, &asked).unwrap();
        let Column::Category(sectors) = &portions[0].batch.columns[1] else {
            panic!()
        };
        let level = |code: &u32| sectors.levels.get(*code as usize).map(|it| &**it);
        assert_eq!(
            sectors.codes.iter().map(level).collect::<Vec<_>>(),
            expected
        );
        let distinct: BTreeSet<_> = sectors.levels.iter().collect();
        assert_eq!(distinct.len(), sectors.levels.len());
    }
}

#[test]
fn the_pages_of_an_undeclared_column_are_never_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.parquet");
    // Incompressible cells, so that the column's page is long and can be found.
    let cells: Vec<String> = (0..4000u64)
        .map(|row| probant::digest::Digest::of(&row.to_le_bytes()).to_string())
        .collect();
    let numbers: Vec<f64> = (0..4000).map(f64::from).collect();
    write(
        &path,
        &[
            field(
                "id",
                Cells::Text(
                    (0..4000)
                        .map(|row| Some(format!("L{row}").into()))
                        .collect(),
                ),
            ),
            field(
                "secret",
                Cells::Text(cells.into_iter().map(|cell| Some(cell.into())).collect()),
            ),
            field("pages", Cells::Number(numbers)),
        ],
    );
    let asked = [
        Asked::identifier("id"),
        Asked::column("pages", Kind::Number),
    ];
    let before = read(&path, &asked).unwrap();
    // The secret column is by far the longest: the middle of the file lies in its pages.
    let mut bytes = fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle - 2000..middle + 2000].fill(0xAA);
    fs::write(&path, &bytes).unwrap();
    let declared = [
        Asked::identifier("id"),
        Asked::column("secret", Kind::Category),
    ];
    assert!(
        read(&path, &declared).is_err(),
        "the damage lies in the secret column"
    );
    let after = read(&path, &asked).unwrap();
    assert_eq!(
        format!("{:?}", before[0].batch),
        format!("{:?}", after[0].batch)
    );
}

#[test]
fn a_truncated_or_foreign_file_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.parquet");
    sample(&path);
    let whole = fs::read(&path).unwrap();
    for keep in [0, 3, 11, 12, whole.len() / 2, whole.len() - 1] {
        fs::write(&path, &whole[..keep]).unwrap();
        let error = Reader::open(std::slice::from_ref(&path), &[])
            .err()
            .expect("a cut file is refused");
        assert!(
            matches!(error, Error::NotParquet { .. }),
            "{keep} bytes: {error}"
        );
        assert!(error.hint().is_some());
    }
    fs::write(&path, b"<!doctype html><p>hello, this is a page</p>").unwrap();
    assert!(matches!(
        Reader::open(&[path], &[]),
        Err(Error::NotParquet { .. })
    ));
    let remote = Path::new("https://exemple.fr/a.parquet").to_owned();
    assert!(matches!(
        Reader::open(&[remote], &[]),
        Err(Error::Remote { .. })
    ));
}

#[test]
fn a_missing_column_is_named_with_its_near_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.parquet");
    sample(&path);
    let asked = [Asked::column("revenus", Kind::Number)];
    let error = read(&path, &asked).unwrap_err();
    let error = error.downcast::<IntakeError>().unwrap();
    assert!(
        error.to_string().contains("did you mean `revenu`?"),
        "{error}"
    );
}

#[test]
fn every_row_stands_in_its_place_whatever_the_row_groups() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.parquet");
    // Lists of another order in every other group; each row says which it is, and some say nothing.
    let lists = [["x", "y", "z"], ["z", "x", "y"]].map(|list| list.map(str::to_owned));
    let word = |row: usize| (!row.is_multiple_of(7)).then_some(["x", "y", "z"][row % 3]);
    let number = |row: usize| {
        if row.is_multiple_of(5) {
            f64::NAN
        } else {
            row as f64
        }
    };
    let halves = [0.5, 1.5];
    let group = |at: usize, rows: std::ops::Range<usize>| {
        let list = &lists[at % 2];
        let place = |row| {
            let at = list.iter().position(|it| Some(it.as_str()) == word(row));
            at.map_or(u32::MAX, |at| at as u32)
        };
        [
            field(
                "id",
                Cells::Text(
                    rows.clone()
                        .map(|row| Some(format!("L{row}").into()))
                        .collect(),
                ),
            ),
            field(
                "word",
                Cells::Dictionary {
                    levels: list,
                    codes: rows.clone().map(place).collect(),
                },
            ),
            field("number", Cells::Number(rows.clone().map(number).collect())),
            field(
                "half",
                Cells::Entries {
                    levels: &halves,
                    codes: rows.map(|row| (row % 2) as u16).collect(),
                },
            ),
        ]
    };
    let mut to = Writer::new(File::create(&path).unwrap(), &group(0, 0..0)).unwrap();
    let mut rows = 0;
    for (at, count) in [1, 70_000, 3, 300_000, 66_000].into_iter().enumerate() {
        to.write(&group(at, rows..rows + count)).unwrap();
        rows += count;
    }
    to.finish().unwrap();
    let wanted = ["id", "word", "number", "half"].map(|name| Wanted {
        name: name.to_owned(),
        repeats: name == "word",
    });
    let mut row = 0;
    for batch in Reader::open(&[path], &wanted).unwrap() {
        let batch = batch.unwrap();
        let [
            Raw::Text(ids),
            Raw::Dictionary(words),
            Raw::Float(numbers),
            Raw::Float(halves),
        ] = &batch.columns[..]
        else {
            panic!("the columns have other types");
        };
        for at in 0..batch.rows {
            assert_eq!(ids.get(at), Some(format!("L{row}").as_str()));
            let level = words.levels.get(words.codes[at] as usize);
            assert_eq!(level.map(|level| &**level), word(row), "row {row}");
            assert_eq!(numbers[at].to_bits(), number(row).to_bits(), "row {row}");
            assert!(
                (halves[at] - 0.5 - (row % 2) as f64).abs() < f64::EPSILON,
                "row {row}"
            );
            row += 1;
        }
    }
    assert_eq!(row, rows);
}

#[test]
fn batches_are_pinned_to_their_size_whatever_the_row_groups() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.parquet");
    let group = |rows: usize| {
        [field(
            "pages",
            Cells::Number((0..rows).map(|row| row as f64).collect()),
        )]
    };
    let mut to = Writer::new(File::create(&path).unwrap(), &group(0)).unwrap();
    for rows in [1, 70_000, 3, 100_000, 25_000] {
        to.write(&group(rows)).unwrap();
    }
    to.finish().unwrap();
    let wanted = [Wanted {
        name: "pages".to_owned(),
        repeats: false,
    }];
    let sizes: Vec<usize> = Reader::open(&[path], &wanted)
        .unwrap()
        .map(|batch| batch.unwrap().rows)
        .collect();
    assert_eq!(sizes, [65_536, 65_536, 63_932]);
}
