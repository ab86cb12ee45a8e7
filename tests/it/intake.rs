//! Intake, against files as they really come.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::fs;
use std::io::{self, Read};
use std::path::PathBuf;

use probant::intake::identity::{Detector, Looks};
use probant::intake::{
    Asked, BATCH, Cell, Container, Error, Failure, MAX_RECORD, Outcome, Place, Portion, Reader,
    Reason, Source, Writer, is_missing, neutralise, observe, outcome, parse_date, parse_flag,
    parse_number, survey, tolerate,
};
use probant::lang::Lang;
use probant::policy::{DateOrder, Dialect, Encoding, Format, Guess, IdType, Kind, Thousands};
use probant::table::{Category, Column};
use proptest::prelude::*;

/// A stored file; `None`, said in one line, where the folder is absent.
fn stored(path: &str) -> Option<Vec<u8>> {
    let path: PathBuf = [concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data"), path]
        .iter()
        .collect();
    let bytes = fs::read(&path).ok();
    if bytes.is_none() {
        eprintln!("skipped: {} is not here", path.display());
    }
    bytes
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|&word| word.to_owned()).collect()
}

/// Comma, point, ISO.
fn english() -> Dialect {
    Dialect {
        format: Format::Csv,
        separator: b',',
        encoding: Encoding::Utf8,
        decimal: '.',
        thousands: Thousands::None,
        dates: DateOrder::Iso,
        missing: Vec::new(),
        yes: words(&["yes", "oui", "true", "1"]),
        no: words(&["no", "non", "false", "0"]),
    }
}

/// Semicolon, decimal comma, day first.
fn french() -> Dialect {
    Dialect {
        separator: b';',
        decimal: ',',
        thousands: Thousands::Space,
        dates: DateOrder::DayFirst,
        ..english()
    }
}

/// Everything that a run of these files gives: portions joined by the caller.
fn run(files: &[(&str, &[u8])], dialect: &Dialect, asked: &[Asked]) -> Result<Vec<Portion>, Error> {
    let sources = files
        .iter()
        .map(|(name, bytes)| Source::new(*name, *bytes))
        .collect();
    Reader::open(sources, dialect, asked)?.collect()
}

fn read(bytes: &[u8], dialect: &Dialect, asked: &[Asked]) -> Result<Portion, Error> {
    let mut portions = run(&[("leads.csv", bytes)], dialect, asked)?;
    assert_eq!(portions.len(), 1, "these tests' files fit in one portion");
    Ok(portions.remove(0))
}

/// Text columns of these names.
fn texts(names: &[&str]) -> Vec<Asked> {
    names
        .iter()
        .map(|name| Asked::column(name, Kind::Text))
        .collect()
}

/// A column's values as texts that compare bit for bit; `None` is missing.
fn values(column: &Column) -> Vec<Option<String>> {
    match column {
        Column::Number(all) => all
            .iter()
            .map(|v| (!v.is_nan()).then(|| format!("{:x}", v.to_bits())))
            .collect(),
        Column::Category(Category { levels, codes }) => codes
            .iter()
            .map(|&c| (c != Category::MISSING).then(|| levels[c as usize].to_string()))
            .collect(),
        Column::Flag(all) => all
            .iter()
            .map(|&v| (v != 2).then(|| v.to_string()))
            .collect(),
        Column::Date(all) => all
            .iter()
            .map(|&v| (v != i32::MIN).then(|| v.to_string()))
            .collect(),
        Column::Text(all) => all.iter().map(|v| v.map(str::to_owned)).collect(),
    }
}

fn number(value: f64) -> Option<String> {
    (!value.is_nan()).then(|| format!("{:x}", value.to_bits()))
}

fn table(portion: &Portion) -> Vec<Vec<Option<String>>> {
    portion.batch.columns.iter().map(values).collect()
}

/// The stored exports' columns.
fn export() -> Vec<Asked> {
    use Kind::{Category, Date, Flag, Number, Text};
    [
        ("Âge", Number),
        ("Métier", Category),
        ("Études", Category),
        ("Défaut de paiement", Category),
        ("Durée (s)", Number),
        ("Nb d’appels", Number),
        ("Var. emploi", Number),
        ("IPC", Number),
        ("Euribor 3 mois", Number),
        ("Nb d’employés", Number),
        ("Converti ?", Flag),
        ("Date de création", Date),
        ("Montant devis", Number),
        ("Téléphone", Text),
        ("Code postal", Category),
        ("Commentaire", Text),
    ]
    .map(|(name, kind)| Asked::column(name, kind))
    .to_vec()
}

/// A day's number, by counting the days one by one.
fn day_number(year: i32, month: i32, day: i32) -> i32 {
    let leap = |year: i32| (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    let months = |year| {
        [
            31,
            if leap(year) { 29 } else { 28 },
            31,
            30,
            31,
            30,
            31,
            31,
            30,
            31,
            30,
            31,
        ]
    };
    let years: i32 = if year >= 1970 {
        (1970..year)
            .map(|year| months(year).iter().sum::<i32>())
            .sum()
    } else {
        -(year..1970)
            .map(|year| months(year).iter().sum::<i32>())
            .sum::<i32>()
    };
    years + months(year)[..month as usize - 1].iter().sum::<i32>() + day - 1
}

#[test]
fn nine_dialects_give_the_table_of_their_reference() {
    const GOOD: [(&str, bool, Encoding); 9] = [
        ("00_reference_utf8_comma_iso.csv", false, Encoding::Utf8),
        (
            "01_fr_utf8_semicolon_decimalcomma.csv",
            true,
            Encoding::Utf8,
        ),
        ("02_fr_utf8bom_excel.csv", true, Encoding::Utf8),
        ("03_fr_windows1252.csv", true, Encoding::Windows1252),
        (
            "04_fr_windows1252_nbsp_thousands_euro.csv",
            true,
            Encoding::Windows1252,
        ),
        ("08_fr_cr_only_oldmac.csv", true, Encoding::Utf8),
        ("09_fr_sep_hint_line.csv", true, Encoding::Utf8),
        ("11_fr_trailing_blank_lines.csv", true, Encoding::Utf8),
        (
            "14_fr_trailing_semicolon_empty_column.csv",
            true,
            Encoding::Utf8,
        ),
    ];
    let Some(reference) = stored("french_exports/good/00_reference_utf8_comma_iso.csv") else {
        return;
    };
    // The oracle: the csv crate's own reading, and the standard library's numbers.
    let mut oracle = csv::Reader::from_reader(&reference[..]);
    let headers: Vec<String> = oracle
        .headers()
        .unwrap()
        .iter()
        .map(str::to_owned)
        .collect();
    let rows: Vec<csv::StringRecord> = oracle.records().map(Result::unwrap).collect();
    let expected: Vec<Vec<Option<String>>> = export()
        .iter()
        .map(|asked| {
            let at = headers
                .iter()
                .position(|header| *header == asked.name)
                .unwrap();
            rows.iter()
                .map(|row| {
                    let text = row.get(at).filter(|text| !text.is_empty())?;
                    match asked.kind {
                        Kind::Number => number(text.parse().unwrap()),
                        Kind::Flag => Some(u8::from(text == "Oui").to_string()),
                        Kind::Date => {
                            let mut parts =
                                text.split('-').map(|part| part.parse::<i32>().unwrap());
                            let mut part = || parts.next().unwrap();
                            Some(day_number(part(), part(), part()).to_string())
                        }
                        Kind::Category | Kind::Text => Some(text.to_owned()),
                    }
                })
                .collect()
        })
        .collect();
    for (name, fr, encoding) in GOOD {
        let dialect = Dialect {
            encoding,
            ..if fr { french() } else { english() }
        };
        let bytes = stored(&format!("french_exports/good/{name}")).unwrap();
        let portion = read(&bytes, &dialect, &export()).unwrap();
        assert_eq!(portion.failures, [], "{name}");
        assert_eq!(portion.records, 2000, "{name}");
        for ((found, expected), asked) in table(&portion).iter().zip(&expected).zip(export()) {
            // Line ends inside quotes are the file's own: old-Mac files have CR there.
            let same = |text: &Option<String>| {
                text.as_ref()
                    .map(|text| text.replace("\r\n", "\n").replace('\r', "\n"))
            };
            let found: Vec<_> = found.iter().map(same).collect();
            let expected: Vec<_> = expected.iter().map(same).collect();
            assert!(found == expected, "{name}: {}", asked.name);
        }
    }
}

#[test]
fn each_bad_file_gets_its_own_error_or_report() {
    let bad = |name: &str| stored(&format!("french_exports/bad/{name}"));
    let Some(truncated) = bad("01_truncated_mid_record.csv") else {
        return;
    };
    let refusal = |bytes: &[u8]| read(bytes, &french(), &export()).unwrap_err();
    let lines = |bytes: &[u8]| bytes.split(|&byte| byte == b'\n').count() as u64 - 1;

    match refusal(&truncated) {
        Error::Truncated {
            line,
            expected: 26,
            found: 25,
            ..
        } => assert_eq!(line, lines(&truncated) + 1),
        other => panic!("{other:?}"),
    }
    let open = bad("02_unclosed_quote.csv").unwrap();
    assert!(matches!(
        refusal(&open),
        Error::UnclosedQuote { line: 32, .. }
    ));
    let nul = bad("03_nul_bytes.csv").unwrap();
    match refusal(&nul) {
        Error::Nul {
            line: 19,
            character,
            ..
        } => {
            let line = nul.split(|&byte| byte == b'\n').nth(18).unwrap();
            let at = line.iter().position(|&byte| byte == 0).unwrap();
            assert_eq!(
                character,
                std::str::from_utf8(&line[..at]).unwrap().chars().count() as u64 + 1
            );
        }
        other => panic!("{other:?}"),
    }
    assert!(matches!(
        refusal(&bad("05_empty.csv").unwrap()),
        Error::Empty { .. }
    ));
    assert!(matches!(
        refusal(&bad("06_header_only.csv").unwrap()),
        Error::HeaderOnly { .. }
    ));
    match refusal(&bad("08_duplicate_header.csv").unwrap()) {
        Error::DuplicateHeader {
            first: 21,
            second: 27,
            name,
            ..
        } => assert_eq!(name.as_deref(), Some("Converti ?")),
        other => panic!("{other:?}"),
    }
    let html = refusal(&bad("18_is_actually_html.csv").unwrap());
    assert!(matches!(
        html,
        Error::NotCsv {
            looks: Container::Html,
            ..
        }
    ));
}

#[test]
fn bad_rows_and_odd_cells_are_reported_and_the_rest_is_read() {
    let bad = |name: &str| stored(&format!("french_exports/bad/{name}"));
    if bad("07_ragged_rows.csv").is_none() {
        return;
    }
    let ragged = read(&bad("07_ragged_rows.csv").unwrap(), &french(), &export()).unwrap();
    let seen: Vec<(u64, Reason)> = ragged
        .failures
        .iter()
        .map(|failure| (failure.record, failure.reason))
        .collect();
    assert_eq!(
        seen,
        [
            (
                10,
                Reason::Ragged {
                    expected: 26,
                    found: 28
                }
            ),
            (
                20,
                Reason::Ragged {
                    expected: 26,
                    found: 6
                }
            )
        ]
    );
    assert_eq!((ragged.records, ragged.batch.rows()), (2000, 1998));

    let one_class = read(
        &bad("09_single_class_target.csv").unwrap(),
        &french(),
        &texts(&["Converti ?"]),
    )
    .unwrap();
    let Column::Text(outcomes) = &one_class.batch.columns[0] else {
        panic!()
    };
    let (won, lost) = (words(&["Oui"]), words(&["Non"]));
    let classes: HashSet<Outcome> = outcomes
        .iter()
        .map(|text| outcome(text, &won, &lost))
        .collect();
    assert_eq!(classes, HashSet::from([Outcome::Lost]));

    let formulas = read(
        &bad("15_formula_injection_cells.csv").unwrap(),
        &french(),
        &export(),
    )
    .unwrap();
    assert_eq!(formulas.failures, []);

    let dialect = Dialect {
        missing: words(&["null", "#N/A"]),
        ..french()
    };
    let horrors = read(&bad("16_numeric_horrors.csv").unwrap(), &dialect, &export()).unwrap();
    // Of twelve kinds of 166 each: inf, -inf, 1e400 infinite; 0x1F, two foreign digits, #DIV/0! no number.
    let count = |reason| {
        horrors
            .failures
            .iter()
            .filter(|failure| failure.reason == reason)
            .count()
    };
    assert_eq!(
        (count(Reason::NotFinite), count(Reason::NotANumber)),
        (166 * 3, 166 * 4)
    );
    assert!(
        horrors
            .failures
            .iter()
            .all(|failure| failure.column.as_deref() == Some("Durée (s)"))
    );
    let failed = horrors.failures.len() as u64;
    assert!(matches!(
        tolerate(failed, horrors.records, 0.01),
        Err(Error::TooManyFailed { .. })
    ));
}

#[test]
fn a_quote_left_open_is_found_on_its_line() {
    let refusal = |text: &str| read(text.as_bytes(), &english(), &texts(&["a"])).unwrap_err();
    // To the end of the file; and closed by a later quote, amid a later field.
    for text in [
        "a,b\n1,2\n3,\"x\n5,6\n",
        "a,b\n1,2\n3,\"x\n5,6\n7,\"y\"\n9,9\n",
    ] {
        assert!(
            matches!(refusal(text), Error::UnclosedQuote { line: 3, .. }),
            "{text}"
        );
    }
    let portion = read(
        b"a,b\n1,\"5\" pipe\"\n2,\"x\"  \n3,5\" pipe\n",
        &english(),
        &texts(&["a", "b"]),
    )
    .unwrap();
    assert_eq!(portion.batch.records, [2, 3]);
    assert_eq!(portion.failures[0].reason, Reason::StrayQuote);
    assert_eq!(
        values(&portion.batch.columns[1]),
        [Some("x  ".to_owned()), Some("5\" pipe".to_owned())]
    );
}

/// csv-spectrum's own answers, but for two that its authors left wrong: `location_coordinates` has another number
/// in its JSON than in its CSV, and `newlines_crlf` lost its CRs in the repository.
#[test]
fn csv_spectrum_is_read_as_its_json_says() {
    let names = "comma_in_quotes empty empty_crlf escaped_quotes json newlines newlines_crlf quotes_and_newlines simple \
                 simple_crlf utf8";
    for name in names.split(' ') {
        let Some(bytes) = stored(&format!("csv_spectrum/csvs/{name}.csv")) else {
            return;
        };
        let json = stored(&format!("csv_spectrum/json/{name}.json")).unwrap();
        let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
        let rows = json.as_array().unwrap();
        let headers: Vec<&str> = rows[0]
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect();
        let portion = read(&bytes, &english(), &texts(&headers)).unwrap();
        assert_eq!(portion.failures, [], "{name}");
        for (column, header) in portion.batch.columns.iter().zip(headers) {
            let expected: Vec<Option<String>> = rows
                .iter()
                .map(|row| row[header].as_str().unwrap().replace("\r\n", "\n"))
                .map(|text| (!text.is_empty()).then_some(text))
                .collect();
            assert_eq!(values(column), expected, "{name}: {header}");
        }
    }
    let bytes = stored("csv_spectrum/csvs/location_coordinates.csv").unwrap();
    let portion = read(
        &bytes,
        &english(),
        &texts(&["Location Coordinates", "Counties"]),
    )
    .unwrap();
    assert_eq!(
        values(&portion.batch.columns[0]),
        [Some("37\u{fffd}36'37.8\"N 121\u{fffd}2'17.9\"W".to_owned())]
    );
    assert_eq!(
        values(&portion.batch.columns[1]),
        [Some("Stanislaus".to_owned())]
    );
}

/// The strings that break programs, and some of our own where the list is absent.
fn naughty() -> Vec<String> {
    use base64::Engine as _;
    let engine = base64::engine::general_purpose::STANDARD;
    let Some(list) = stored("naughty_strings/blns.base64.txt") else {
        return words(&[
            "'; DROP TABLE",
            "=1+1",
            "\u{feff}",
            "ﷺ",
            "田中さん",
            "<b>",
            "\"",
            "𝕿𝖍𝖊",
            "\u{202e}x",
        ]);
    };
    let lines = String::from_utf8(list).unwrap();
    let encoded = lines
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    encoded
        .filter_map(|line| String::from_utf8(engine.decode(line).ok()?).ok())
        .collect()
}

#[test]
fn naughty_strings_survive_as_headers_levels_and_identifiers() {
    use probant::name::tidy;
    // As cells: what is written is read back, but for the apostrophe of a neutralised one.
    let naughty: Vec<String> = naughty()
        .into_iter()
        .filter(|text| !tidy(text).is_empty())
        .collect();
    assert!(naughty.len() > 8);
    let mut out = Writer::new(Vec::new(), &french(), &["id", "level"]).unwrap();
    for text in &naughty {
        out.row(&[Cell::Text(text), Cell::Text(text)]).unwrap();
    }
    let bytes = out.finish().unwrap();
    let asked = [
        Asked::identifier("id"),
        Asked::column("level", Kind::Category),
    ];
    let portion = read(&bytes, &french(), &asked).unwrap();
    assert_eq!(portion.failures, []);
    let expected: Vec<Option<String>> = naughty
        .iter()
        .map(|text| Some(tidy(&neutralise(text)).into_owned()))
        .collect();
    assert_eq!(values(&portion.batch.columns[0]), expected);
    assert_eq!(values(&portion.batch.columns[1]), expected);

    // As headers.
    let mut headers: Vec<String> = naughty
        .iter()
        .map(|text| tidy(&neutralise(text)).into_owned())
        .collect();
    let mut once = HashSet::new();
    headers.retain(|header| once.insert(header.clone()));
    let names: Vec<&str> = headers.iter().map(String::as_str).collect();
    let mut out = Writer::new(Vec::new(), &french(), &names).unwrap();
    out.row(&vec![Cell::Integer(1); names.len()]).unwrap();
    let bytes = out.finish().unwrap();
    let renamed: Vec<String> = names
        .iter()
        .map(|name| tidy(&neutralise(name)).into_owned())
        .collect();
    let asked: Vec<Asked> = renamed
        .iter()
        .map(|name| Asked::column(name, Kind::Number))
        .collect();
    let portion = read(&bytes, &french(), &asked).unwrap();
    assert!(
        portion
            .batch
            .columns
            .iter()
            .all(|column| values(column) == [number(1.0)])
    );
}

#[test]
fn utf_16_and_windows_1252_are_the_same_table_as_utf_8() {
    let text = "id;Métier;montant\r\n1;\"cœur\r\nà cœur\";1 234,5\u{a0}€\r\n2;élève;-7\r\n";
    let asked = [
        Asked::identifier("id"),
        Asked::column("Métier", Kind::Category),
        Asked::column("montant", Kind::Number),
    ];
    let expected = table(&read(text.as_bytes(), &french(), &asked).unwrap());
    assert_eq!(expected[2], [number(1234.5), number(-7.0)]);
    let utf_16 =
        |order: fn(u16) -> [u8; 2]| -> Vec<u8> { text.encode_utf16().flat_map(order).collect() };
    let marked = |mark: &[u8], bytes: Vec<u8>| [mark, &bytes].concat();
    let (western, _, _) = encoding_rs::WINDOWS_1252.encode(text);
    for (bytes, encoding) in [
        (
            marked(b"\xef\xbb\xbf", text.as_bytes().to_vec()),
            Encoding::Utf8,
        ),
        (
            marked(b"\xff\xfe", utf_16(u16::to_le_bytes)),
            Encoding::Utf16,
        ),
        (
            marked(b"\xfe\xff", utf_16(u16::to_be_bytes)),
            Encoding::Utf16,
        ),
        (utf_16(u16::to_le_bytes), Encoding::Utf16),
        (western.into_owned(), Encoding::Windows1252),
    ] {
        let portion = read(
            &bytes,
            &Dialect {
                encoding,
                ..french()
            },
            &asked,
        )
        .unwrap();
        assert_eq!(table(&portion), expected, "{encoding:?}");
        assert_eq!(
            portion.places,
            [Place { file: 0, line: 2 }, Place { file: 0, line: 4 }]
        );
    }
}

#[test]
fn a_nul_stands_at_its_character_in_every_encoding() {
    // In Windows-1252, `é€` are two bytes that begin one character of UTF-8.
    let text = "id\nx\né€\0\n";
    let (western, _, _) = encoding_rs::WINDOWS_1252.encode(text);
    for (encoding, bytes) in [
        (Encoding::Utf8, text.as_bytes()),
        (Encoding::Windows1252, &western),
    ] {
        let dialect = Dialect {
            encoding,
            ..french()
        };
        let error = read(bytes, &dialect, &texts(&["id"])).unwrap_err();
        assert!(
            matches!(
                error,
                Error::Nul {
                    line: 3,
                    character: 3,
                    ..
                }
            ),
            "{error:?}"
        );
    }
}

#[test]
fn what_contradicts_the_policy_is_refused_and_never_guessed() {
    let refusal =
        |bytes: &[u8], dialect: &Dialect| read(bytes, dialect, &texts(&["a", "b"])).unwrap_err();
    let western = Dialect {
        encoding: Encoding::Windows1252,
        ..english()
    };
    let other_encoding = |error: &Error, is: Encoding| matches!(error, Error::OtherEncoding { looks, .. } if *looks == is);
    assert!(other_encoding(
        &refusal(b"\xff\xfea\0,\0b\0\n\0", &english()),
        Encoding::Utf16
    ));
    assert!(other_encoding(
        &refusal("\u{feff}a,b\n1,2\n".as_bytes(), &western),
        Encoding::Utf8
    ));
    assert!(other_encoding(
        &refusal("a,b\n1,é\n".as_bytes(), &western),
        Encoding::Utf8
    ));
    match refusal(b"a,b\n1,2\n\xc3\xa9t\xe9,2\n", &english()) {
        Error::Encoding {
            line: 3,
            character: 3,
            declared: Encoding::Utf8,
            ..
        } => {}
        other => panic!("{other:?}"),
    }
    for (text, separator) in [
        ("a;b\n1;2\n", b';'),
        ("a\tb\n1\t2\n", b'\t'),
        ("sep=|\na,b\n", b'|'),
    ] {
        match refusal(text.as_bytes(), &english()) {
            Error::OtherSeparator {
                declared: b',',
                looks,
                ..
            } => assert_eq!(looks, separator),
            other => panic!("{other:?}"),
        }
    }
    for (bytes, looks) in [
        (&b"PK\x03\x04rest"[..], Container::Zip),
        (b"\x1f\x8b\x08rest", Container::Gzip),
        (b"PAR1\x15\x04", Container::Parquet),
        (b"\xef\xbb\xbf \n<!DOCTYPE html>", Container::Html),
        (b"%PDF-1.7", Container::Pdf),
    ] {
        match refusal(bytes, &english()) {
            Error::NotCsv { looks: found, .. } => assert_eq!(found, looks),
            other => panic!("{other:?}"),
        }
    }
    assert!(matches!(
        refusal(b"\x01\x02\x03\x04,\x05", &english()),
        Error::Binary { .. }
    ));
    assert!(matches!(
        refusal(b" \r\n\n", &english()),
        Error::Empty { .. }
    ));
    assert!(matches!(
        refusal(b"a,b\n\n,\n", &english()),
        Error::HeaderOnly { .. }
    ));
    assert!(matches!(
        Reader::open(Vec::new(), &english(), &[]).err(),
        Some(Error::NoFile)
    ));
}

#[test]
fn headers_are_compared_tidied_and_the_near_name_is_suggested() {
    let portion = read(
        "  a ,Me\u{301}tier  x\n1,2\n".as_bytes(),
        &english(),
        &texts(&["Métier x", "a"]),
    )
    .unwrap();
    assert_eq!(
        table(&portion),
        [[Some("2".to_owned())], [Some("1".to_owned())]]
    );

    match read(b"id,souce\n1,2\n", &english(), &texts(&["source", "zzz"])).unwrap_err() {
        Error::MissingColumns { missing, .. } => {
            let found: Vec<_> = missing
                .iter()
                .map(|it| (it.name.as_str(), it.near.as_deref()))
                .collect();
            assert_eq!(found, [("source", Some("souce")), ("zzz", None)]);
        }
        other => panic!("{other:?}"),
    }
    match read("a,é,b,e\u{301} \n".as_bytes(), &english(), &texts(&["a"])).unwrap_err() {
        Error::DuplicateHeader {
            first: 2,
            second: 4,
            name: None,
            ..
        } => {}
        other => panic!("{other:?}"),
    }
    let reader = Reader::open(
        vec![Source::new("x", &b"a,b, c ,\n1,2,3,\n"[..])],
        &english(),
        &texts(&["b"]),
    )
    .unwrap();
    assert_eq!(reader.undeclared(&["b"]), ["a", "c"]);
}

#[test]
fn undeclared_columns_are_never_read() {
    let declared = [Asked::column("n", Kind::Number)];
    let plain = read(b"n,x\n1,5\n2,6\n", &english(), &declared).unwrap();
    let long = "y".repeat(100_000);
    let text = format!("n,x\n1,\"not \"\"a\"\" number,\n{long}\"\n2,=cmd\n");
    let garbage = read(text.as_bytes(), &english(), &declared).unwrap();
    assert_eq!(table(&plain), table(&garbage));
    assert_eq!(garbage.failures, []);
}

/// Bytes without end, which count how many of them were taken.
struct Endless<'a> {
    start: &'a [u8],
    then: u8,
    taken: &'a std::sync::atomic::AtomicU64,
}

impl Read for Endless<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let from_start = self.start.read(out)?;
        let got = if from_start > 0 {
            from_start
        } else {
            out.fill(self.then);
            out.len()
        };
        self.taken
            .fetch_add(got as u64, std::sync::atomic::Ordering::Relaxed);
        Ok(got)
    }
}

#[test]
fn a_line_without_end_is_refused_without_reading_it() {
    for (start, line) in [(&b"a,b\n1,2\n3,"[..], 3), (b"a,b\n1,2\n3,\"", 3), (b"", 1)] {
        for encoding in [Encoding::Utf8, Encoding::Windows1252] {
            let taken = std::sync::atomic::AtomicU64::new(0);
            let source = Source::new(
                "endless",
                Endless {
                    start,
                    then: b'x',
                    taken: &taken,
                },
            );
            let dialect = Dialect {
                encoding,
                ..english()
            };
            let error = match Reader::open(vec![source], &dialect, &texts(&["a"])) {
                Ok(mut reader) => reader.find_map(Result::err).unwrap(),
                Err(error) => error,
            };
            assert!(
                matches!(error, Error::RecordTooLong { line: l, .. } if l == line),
                "{error:?}"
            );
            let taken = taken.into_inner();
            assert!(taken <= 4 * MAX_RECORD as u64, "{taken} bytes were read");
        }
    }
}

#[test]
fn several_files_are_one_run() {
    let asked = [Asked::identifier("id"), Asked::column("n", Kind::Number)];
    let files: [(&str, &[u8]); 2] = [
        ("a.csv", b"id,n\nx,1\ny,bad\n"),
        ("b.csv", b"\xef\xbb\xbfid , n\n\nz,3\n,4"),
    ];
    let portions = run(&files, &english(), &asked).unwrap();
    assert_eq!(portions.len(), 1);
    assert_eq!(portions[0].batch.records, [1, 3]);
    assert_eq!(
        portions[0].places,
        [Place { file: 0, line: 2 }, Place { file: 1, line: 3 }]
    );
    let failed = |record, file, line, column: &str, reason| Failure {
        record,
        place: Place { file, line },
        column: Some(column.into()),
        reason,
        identifier: (reason == Reason::NotANumber).then(|| "y".into()),
    };
    assert_eq!(
        portions[0].failures,
        [
            failed(2, 0, 3, "n", Reason::NotANumber),
            failed(4, 1, 4, "id", Reason::Required)
        ]
    );
    let other: [(&str, &[u8]); 2] = [("a.csv", b"id,n\nx,1\n"), ("b.csv", b"id,m\ny,2\n")];
    match run(&other, &english(), &asked).unwrap_err() {
        error @ Error::HeadersDiffer { column: 2, .. } => {
            assert_eq!(
                error.to_string(),
                "`b.csv` (file 2 of 2): column 2 of the header is not the one of the first file"
            );
        }
        other => panic!("{other:?}"),
    }
    let empty: [(&str, &[u8]); 2] = [("a.csv", b"id,n\nx,1\n"), ("b.csv", b"id,n\n")];
    assert!(matches!(
        run(&empty, &english(), &asked),
        Err(Error::HeaderOnly { .. })
    ));
}

#[test]
fn portions_are_the_same_for_any_number_of_threads() {
    let mut text = String::from("id,level,n,note\n");
    let rows = BATCH as u64 * 2 + 1000;
    for row in 0..rows {
        let number = if row % 1000 == 7 {
            "bad".to_owned()
        } else {
            format!("{}.5", row % 97)
        };
        let note = if row % 11 == 0 {
            "\"two\nlines, \"\"so\"\"\""
        } else {
            "one"
        };
        writeln!(text, "L{row},level {},{number},{note}", row * row % 31).unwrap();
    }
    let asked = [
        Asked::identifier("id"),
        Asked::column("level", Kind::Category),
        Asked::column("n", Kind::Number),
    ];
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| run(&[("x", text.as_bytes())], &english(), &asked).unwrap())
    };
    let (one, many) = (with(1), with(5));
    assert_eq!(
        one.iter()
            .map(|portion| portion.records)
            .collect::<Vec<_>>(),
        [BATCH as u64, BATCH as u64, 1000]
    );
    assert_eq!(format!("{one:?}"), format!("{many:?}"));
    assert_eq!(one[2].batch.records.last(), Some(&rows));
    let failed: Vec<u64> = one
        .iter()
        .flat_map(|portion| &portion.failures)
        .map(|failure| failure.record)
        .collect();
    assert_eq!(
        failed,
        (0..rows)
            .filter(|row| row % 1000 == 7)
            .map(|row| row + 1)
            .collect::<Vec<_>>()
    );
    // The oracle for lines: rows before, plus one more for each note of two lines.
    let place = one[1].places[0];
    let row = one[1].batch.records[0] - 1;
    assert_eq!(place.line, 2 + row + row.div_ceil(11));
}

#[test]
fn levels_are_those_of_the_good_rows_in_order_of_appearance() {
    let asked = [
        Asked::column("c", Kind::Category),
        Asked::column("n", Kind::Number),
    ];
    let dialect = Dialect {
        missing: words(&["unknown"]),
        ..english()
    };
    let text = "c,n\nlost,bad\n b  b ,1\na,2\nb b,3\nunknown,4\n\"\",5\n";
    let portion = read(text.as_bytes(), &dialect, &asked).unwrap();
    let Column::Category(category) = &portion.batch.columns[0] else {
        panic!()
    };
    assert_eq!(
        category
            .levels
            .iter()
            .map(|level| &**level)
            .collect::<Vec<_>>(),
        ["b b", "a"]
    );
    assert_eq!(
        category.codes,
        [0, 1, 0, Category::MISSING, Category::MISSING]
    );
}

#[test]
fn no_error_or_failure_ever_shows_a_value() {
    const CANARY: &str = "Zebulon";
    let files = [
        format!("id,n\n1,{CANARY}\n2,3\n"),
        format!("{CANARY},{CANARY}\n1,2\n"),
        format!("id,n\n1,\"{CANARY}\n"),
        format!("id,n\n{CANARY}"),
        format!("id,n,{CANARY}\n1,{CANARY}\0,2\n"),
        format!("{CANARY};2\n{CANARY};2\n"),
        format!("id,n\n{CANARY}{CANARY},2,3,4\n"),
    ];
    let asked = [Asked::identifier("id"), Asked::column("n", Kind::Number)];
    for text in files {
        let said = match read(text.as_bytes(), &english(), &asked) {
            Ok(portion) => format!("{:?}", portion.failures),
            Err(error) => format!("{error} {error:?} {:?}", error.hint()),
        };
        assert!(!said.is_empty() && !said.contains(CANARY), "{said}");
    }
}

#[test]
fn numbers_are_read_in_the_dialect_and_in_no_other() {
    let dialect = |decimal, thousands| Dialect {
        decimal,
        thousands,
        ..english()
    };
    let en = dialect('.', Thousands::Comma);
    let fr = dialect(',', Thousands::Space);
    let de = dialect(',', Thousands::Dot);
    let ch = dialect('.', Thousands::Apostrophe);
    let good = [
        (&en, "1,234.5", 1234.5),
        (&en, "$1,234,567", 1_234_567.0),
        (&en, "-.5", -0.5),
        (&en, "+1e3", 1000.0),
        (&en, "4,855", 4855.0),
        (&fr, "4,855", 4.855),
        (&fr, "1 234,50 €", 1234.5),
        (&fr, "1\u{202f}234\u{a0}567,8 EUR", 1_234_567.8),
        (&fr, "12,5 %", 12.5),
        (&fr, "\u{2212}3", -3.0),
        (&fr, "€ -3", -3.0),
        (&fr, "5,", 5.0),
        (&de, "1.234", 1234.0),
        (&ch, "1'234.5", 1234.5),
        (&ch, "1’234", 1234.0),
        (&en, "0.1", 0.1),
        (&en, "9007199254740993", 9_007_199_254_740_992.0),
        (
            &en,
            "179769313486231570000000000000000000000000000000000000000000000000000000",
            1.797_693_134_862_315_7e71,
        ),
        (&en, "1e-400", 0.0),
    ];
    for (dialect, text, value) in good {
        assert_eq!(
            parse_number(text, dialect).map(f64::to_bits),
            Ok(f64::to_bits(value)),
            "{text}"
        );
    }
    assert!(parse_number("NaN", &fr).unwrap().is_nan());
    for (dialect, text) in [
        (&fr, "1.234"),
        (&fr, "1.234,5"),
        (&fr, "12 34"),
        (&fr, "1 2345"),
        (&fr, "1234 567"),
        (&fr, "1,5,5"),
        (&fr, ""),
        (&fr, "-"),
        (&fr, "€"),
        (&fr, "--1"),
        (&fr, "1e"),
        (&fr, "0x1F"),
        (&fr, "１２３"),
        (&fr, "٣"),
        (&fr, "1 €€"),
        (&fr, "1,234 567"),
        (&en, "1,5"),
        (&en, "1 234"),
        (&en, "1,23,456"),
        (&en, ",123"),
        (&en, "1_000"),
        (&en, "- 5"),
        (&en, "."),
        (&ch, "1,5"),
    ] {
        assert_eq!(
            parse_number(text, dialect),
            Err(Reason::NotANumber),
            "{text}"
        );
    }
    for text in ["inf", "-Infinity", "∞", "1e400", "-1e999"] {
        assert_eq!(parse_number(text, &en), Err(Reason::NotFinite), "{text}");
    }
}

#[test]
fn dates_and_flags_are_read_in_the_dialect_and_in_no_other() {
    let dialect = |dates| Dialect { dates, ..english() };
    let (iso, day, month) = (
        dialect(DateOrder::Iso),
        dialect(DateOrder::DayFirst),
        dialect(DateOrder::MonthFirst),
    );
    for (dialect, text, expected) in [
        (&iso, "2026-03-31", (2026, 3, 31)),
        (&iso, "2026-03-31T23:59:59.123Z", (2026, 3, 31)),
        (&iso, "2026-03-31 09:05+02:00", (2026, 3, 31)),
        (&iso, "1969-12-31", (1969, 12, 31)),
        (&iso, "2000-02-29", (2000, 2, 29)),
        (&day, "31/03/2026", (2026, 3, 31)),
        (&day, "1.2.2026 8:30", (2026, 2, 1)),
        (&month, "03-31-2026", (2026, 3, 31)),
        (&month, "3/31/2026 11:30:00 PM", (2026, 3, 31)),
    ] {
        assert_eq!(
            parse_date(text, dialect),
            Ok(day_number(expected.0, expected.1, expected.2)),
            "{text}"
        );
    }
    for (dialect, text) in [
        (&iso, "31/03/2026"),
        (&iso, "2026-02-29"),
        (&iso, "1900-02-29"),
        (&iso, "2026-13-01"),
        (&iso, "2026-00-10"),
        (&iso, "0000-00-00"),
        (&iso, "2026-03-31T25:00"),
        (&iso, "2026-03-31 x"),
        (&iso, "2026-03/31"),
        (&iso, "2026-03"),
        (&iso, "26-03-31"),
        (&iso, ""),
        (&day, "03/31/2026"),
        (&day, "2026-03-31"),
        (&day, "31/03/26"),
        (&day, "31/03/2026/"),
        (&month, "31/03/2026"),
        (&iso, "é"),
    ] {
        assert_eq!(parse_date(text, dialect), Err(Reason::NotADate), "{text}");
    }
    let iso = Dialect {
        yes: words(&["Oui", "true", "été"]),
        no: words(&["non"]),
        missing: words(&["N/R"]),
        ..iso
    };
    assert_eq!(parse_flag(" OUI ", &iso), Ok(true));
    assert_eq!(parse_flag("ÉTÉ", &iso), Ok(true));
    assert_eq!(parse_flag("Non", &iso), Ok(false));
    assert_eq!(parse_flag("maybe", &iso), Err(Reason::NotAFlag));
    assert!(is_missing(" ", &iso) && is_missing("\u{a0}N/R", &iso) && !is_missing("n/r", &iso));
}

#[test]
fn a_run_is_refused_beyond_its_tolerance_and_not_at_it() {
    assert!(tolerate(1, 100, 0.01).is_ok() && tolerate(0, 0, 0.0).is_ok());
    assert!(tolerate(2, 100, 0.01).is_err() && tolerate(1, 100, f64::NAN).is_err());
}

#[test]
fn formulas_are_neutralised_and_numbers_are_not() {
    for cell in ["=1+1", "+33", "-x", "@SUM(A1)", "\tx", "\rx"] {
        assert_eq!(neutralise(cell), format!("'{cell}"));
    }
    assert_eq!(neutralise("a=b"), "a=b");
    let mut out = Writer::new(Vec::new(), &french(), &["t", "n", "f", "i", "m"]).unwrap();
    out.row(&[
        Cell::Text("=a;\"b\""),
        Cell::Number(-0.5),
        Cell::Fixed(2.0 / 3.0, 6),
        Cell::Integer(-7),
        Cell::Missing,
    ])
    .unwrap();
    let text = String::from_utf8(out.finish().unwrap()).unwrap();
    assert_eq!(text, "t;n;f;i;m\n\"'=a;\"\"b\"\"\";-0,5;0,666667;-7;\n");
    let western = Dialect {
        encoding: Encoding::Windows1252,
        ..french()
    };
    let mut out = Writer::new(Vec::new(), &western, &["été"]).unwrap();
    out.row(&[Cell::Text("≥ 3\u{202f}% 田")]).unwrap();
    assert_eq!(out.finish().unwrap(), b"\xe9t\xe9\n>= 3\xa0% ?\n");
}

/// Texts of characters that mean something to a CSV reader.
fn markup() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        ",", ";", "\t", "|", "\"", "\"", "\"\"", "\n", "\r", "\r\n", " ", "a", "b", "é", "1",
    ]);
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

/// Cells that come again and again: words of every length up to two machine words, numbers, flags.
fn cell() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "",
        " ",
        "a",
        "ab",
        "abc",
        "abcd",
        "abcde",
        "abcdef",
        "abcdefg",
        "abcdefgh",
        "abcdefghi",
        "abcdefghijklmn",
        "abcdefghijklmno",
        "abcdefghijklmnop",
        "abcdefghijklmnopq",
        "n/a",
        "N/A",
        "été",
        "été ",
        "e\u{301}te",
        "Côte d’Azur",
        "0",
        "-0",
        "1",
        "12,5",
        "-3,25",
        "+7",
        "1e3",
        "12 %",
        "1.5",
        "nan",
        "inf",
        "123456789012345",
        "1234567890123456",
        "12345678901234567",
        "0,1234567890123",
        "9007199254740993",
        "-",
        ",",
        "oui",
        "OUI",
        " oui",
        "Oui",
        "oUi",
        "ouI",
        "non",
        "Non",
        "true",
        "false",
        "peut-être",
    ])
    .prop_filter("Windows-1252 has it", |text| {
        !encoding_rs::WINDOWS_1252.encode(text).2
    })
    .prop_map(str::to_owned)
}

/// A number's meaning, by another road than the product's: groups are checked by writing them anew.
fn slow_number(text: &str, decimal: char, group: &[char]) -> Option<f64> {
    let mut text = text.trim().to_owned();
    if text.eq_ignore_ascii_case("nan") {
        return Some(f64::NAN);
    }
    let mut negative = None;
    let mut unit = false;
    loop {
        if negative.is_none() && text.starts_with(['-', '+']) {
            negative = Some(text.remove(0) == '-');
        } else if let Some(found) = ["€", "$", "£", "EUR", "%"]
            .iter()
            .find(|it| !unit && text.starts_with(**it))
        {
            text = String::from(text[found.len()..].trim_start());
            unit = true;
        } else if let Some(found) = ["€", "$", "£", "EUR", "%"]
            .iter()
            .find(|it| !unit && text.ends_with(**it))
        {
            text = String::from(text[..text.len() - found.len()].trim_end());
            unit = true;
        } else {
            break;
        }
    }
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa.to_owned(), exponent.parse::<i64>().ok()?),
        None => (text, 0),
    };
    if mantissa.matches(decimal).count() > 1 {
        return None;
    }
    let (whole, fraction) = mantissa.split_once(decimal).unwrap_or((&mantissa, ""));
    let bare: String = whole.chars().filter(|c| !group.contains(c)).collect();
    if bare.is_empty() && (fraction.is_empty() || !whole.is_empty()) {
        return None;
    }
    let mut again = String::new();
    for (at, digit) in bare.chars().enumerate() {
        if at > 0 && (bare.len() - at).is_multiple_of(3) {
            again.push('_');
        }
        again.push(digit);
    }
    let marked = whole.replace(group, "_");
    let digits = |text: &str| text.chars().all(|c| c.is_ascii_digit());
    if (marked != bare && marked != again) || !digits(&bare) || !digits(fraction) {
        return None;
    }
    let value: f64 = format!("0{bare}.{fraction}0e{exponent}").parse().unwrap();
    Some(if negative == Some(true) {
        -value
    } else {
        value
    })
}

proptest! {
    #[test]
    fn what_the_csv_crate_reads_is_what_we_read(body in markup(), separator in prop::sample::select(vec![b',', b';', b'\t', b'|'])) {
        let mark = char::from(separator);
        let text = format!("x{mark}y{mark}z\n{body}");
        let mut oracle = csv::ReaderBuilder::new().delimiter(separator).flexible(true).from_reader(text.as_bytes());
        let oracle: Vec<csv::StringRecord> = oracle.records().map(Result::unwrap).collect();
        let dialect = Dialect { separator, ..english() };
        match read(text.as_bytes(), &dialect, &texts(&["x", "y", "z"])) {
            Ok(portion) => {
                for (row, record) in portion.batch.records.iter().enumerate() {
                    let expected = &oracle[*record as usize - 1];
                    prop_assert!(expected.len() == 3 || expected.len() == 4 && expected[3].is_empty());
                    for (column, text) in portion.batch.columns.iter().zip(expected) {
                        let Column::Text(found) = column else { unreachable!() };
                        let expected = (!text.trim().is_empty()).then_some(text);
                        prop_assert_eq!(found.get(row), expected);
                    }
                }
                for failure in &portion.failures {
                    let expected = &oracle[failure.record as usize - 1];
                    match failure.reason {
                        Reason::Ragged { found, .. } => prop_assert!(found as usize == expected.len() && found != 3),
                        Reason::Blank => prop_assert!(expected.iter().all(|text| text.trim().is_empty())),
                        Reason::StrayQuote => {}
                        other => prop_assert!(false, "{:?}", other),
                    }
                }
                // Nothing is lost but separators at the end of the file.
                let rest = &oracle[portion.records as usize..];
                prop_assert!(rest.iter().flatten().all(|text| text.trim().is_empty()));
            }
            Err(Error::UnclosedQuote { .. }) => prop_assert!(body.contains('"')),
            Err(Error::HeaderOnly { .. }) => prop_assert!(oracle.iter().flatten().all(|text| text.trim().is_empty())),
            Err(Error::Truncated { found, .. }) => {
                prop_assert!(!text.ends_with(['\n', '\r']));
                prop_assert_eq!(oracle.last().unwrap().len(), found as usize);
            }
            Err(other) => prop_assert!(false, "{:?}", other),
        }
    }

    #[test]
    fn what_is_written_is_read_back_in_every_dialect(
        cells in prop::collection::vec((".{0,12}", "[ -ÿ\r\n]{0,12}", any::<f64>()), 1..12),
        separator in prop::sample::select(vec![b',', b';', b'\t', b'|']),
        encoding in prop::sample::select(vec![Encoding::Utf8, Encoding::Utf16, Encoding::Windows1252]),
        decimal in prop::sample::select(vec!['.', ',']),
    ) {
        let dialect = Dialect { separator, encoding, decimal, ..english() };
        // Windows-1252 lacks most of Unicode: there both texts come from what it has.
        let western = encoding == Encoding::Windows1252;
        let cells: Vec<(String, String, f64)> = cells
            .into_iter()
            .map(|(any, latin, n)| {
                let latin: String = latin.chars().filter(|c| !('\u{7f}'..'\u{a0}').contains(c)).collect();
                let any = if western { latin.clone() } else { any.replace('\0', "") };
                (any, latin, if n.is_finite() { n } else { 0.5 })
            })
            .collect();
        let mut out = Writer::new(Vec::new(), &dialect, &["row", "été", "b", "n"]).unwrap();
        for (at, (a, b, n)) in cells.iter().enumerate() {
            out.row(&[Cell::Integer(at as i64), Cell::Text(a), Cell::Text(b), Cell::Number(*n)]).unwrap();
        }
        let bytes = out.finish().unwrap();
        // A file of control characters is refused as binary, rightly.
        let control = |c: char| c.is_control() && !c.is_whitespace();
        prop_assume!(!cells.iter().any(|(a, _, _)| a.chars().any(control)));
        let asked = [Asked::column("n", Kind::Number), Asked::column("été", Kind::Text), Asked::column("b", Kind::Text)];
        let portion = read(&bytes, &dialect, &asked).unwrap();
        prop_assert_eq!(&portion.failures, &[]);
        let text = |cell: &str| (!probant::name::tidy(cell).is_empty()).then(|| neutralise(cell).into_owned());
        let expected: Vec<_> = cells.iter().map(|(_, _, n)| number(*n)).collect();
        prop_assert_eq!(values(&portion.batch.columns[0]), expected);
        for (at, (a, b, _)) in cells.iter().enumerate() {
            prop_assert_eq!(&values(&portion.batch.columns[1])[at], &text(&neutralise(a)).map(|_| neutralise(a).into_owned()));
            prop_assert_eq!(&values(&portion.batch.columns[2])[at], &text(&neutralise(b)).map(|_| neutralise(b).into_owned()));
        }
    }

    #[test]
    fn a_number_means_what_a_slow_reader_finds(text in "[-+]?[0-9]{0,4}([ .,'][0-9]{1,4}){0,3}([.,][0-9]{0,20})?([eE][-+]?[0-9]{1,2})?( ?[€%])?") {
        let sorts: [(Thousands, &[char]); 5] = [
            (Thousands::None, &[]),
            (Thousands::Space, &[' ', '\u{a0}', '\u{202f}']),
            (Thousands::Dot, &['.']),
            (Thousands::Comma, &[',']),
            (Thousands::Apostrophe, &['\'', '’']),
        ];
        for decimal in ['.', ','] {
            for (thousands, marks) in sorts.iter().filter(|(_, marks)| !marks.contains(&decimal)) {
                let dialect = Dialect { decimal, thousands: *thousands, ..english() };
                let found = parse_number(&text, &dialect).ok().map(f64::to_bits);
                let expected = slow_number(&text, decimal, marks).filter(|value| value.is_finite()).map(f64::to_bits);
                prop_assert_eq!(found, expected, "{:?} {} {:?}", text, decimal, thousands);
            }
        }
    }

    #[test]
    fn a_column_holds_what_each_of_its_cells_says_alone(
        pool in prop::collection::vec(prop_oneof![cell(), "[ -~éœ€]{0,34}", "a{6,18}"], 1..24),
        picks in prop::collection::vec((any::<prop::sample::Index>(), any::<bool>()), 1..120),
        missing in prop::sample::select(vec![words(&[]), words(&["n/a", "0", "aaaaaaaa", "été"])]),
        encoding in prop::sample::select(vec![Encoding::Utf8, Encoding::Windows1252]),
    ) {
        let dialect = Dialect { missing, encoding, thousands: Thousands::None, ..french() };
        let mut out = csv::WriterBuilder::new().delimiter(b';').from_writer(b"a;b;c;d;e\n".to_vec());
        for (at, (pick, quoted)) in picks.iter().enumerate() {
            let text = pick.get(&pool).as_str();
            // The oracle quotes a cell that needs it; a space beside a quote makes another one need it.
            let beside = if *quoted { "x;\"y" } else { "" };
            out.write_record([&at.to_string(), text, beside, text, "z"]).unwrap();
        }
        let mut bytes = out.into_inner().unwrap();
        if encoding == Encoding::Windows1252 {
            let text = String::from_utf8(bytes).unwrap();
            bytes = encoding_rs::WINDOWS_1252.encode(&text).0.into_owned();
        }
        let one = |kind| Asked::column("b", kind);
        let category = read(&bytes, &dialect, &[one(Kind::Category), Asked::column("d", Kind::Text)]);
        let Ok(category) = category else {
            // Latin text may happen to be UTF-8; it is refused, rightly.
            prop_assert!(encoding == Encoding::Windows1252 && std::str::from_utf8(&bytes).is_ok());
            return Ok(());
        };
        let text = |at: usize| picks[at].0.get(&pool).as_str();
        let known = |text: &str| !is_missing(text, &dialect);
        let tidied = |at| known(text(at)).then(|| probant::name::tidy(text(at)).into_owned());
        prop_assert_eq!(values(&category.batch.columns[0]), (0..picks.len()).map(tidied).collect::<Vec<_>>());
        let given = |at| known(text(at)).then(|| text(at).to_owned());
        prop_assert_eq!(values(&category.batch.columns[1]), (0..picks.len()).map(given).collect::<Vec<_>>());
        // A number by the slow reader, a flag by the words; a row is there if and only if its cell is one.
        let slow = |text: &str| slow_number(text, ',', &[]).filter(|it| !it.is_infinite());
        let numbers = read(&bytes, &dialect, &[one(Kind::Number)]).unwrap();
        let expected: Vec<_> = (0..picks.len())
            .filter_map(|at| if known(text(at)) { slow(text(at)) } else { Some(f64::NAN) })
            .map(number)
            .collect();
        prop_assert_eq!(values(&numbers.batch.columns[0]), expected);
        let flags = read(&bytes, &dialect, &[one(Kind::Flag)]).unwrap();
        let word = |at: usize| probant::name::tidy(text(at)).to_lowercase();
        let flag = |at| match (known(text(at)), dialect.yes.contains(&word(at)), dialect.no.contains(&word(at))) {
            (false, ..) => Some(None),
            (_, yes, no) => (yes || no).then(|| Some(u8::from(yes).to_string())),
        };
        prop_assert_eq!(values(&flags.batch.columns[0]), (0..picks.len()).filter_map(flag).collect::<Vec<_>>());
    }

    #[test]
    fn windows_1252_is_read_as_its_utf_8_would_be(
        rows in prop::collection::vec(prop::collection::vec(prop_oneof![cell(), markup()], 1..5), 0..12),
        nul in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let mut text = String::from("é;b;c\n");
        for row in rows {
            text += &row.join(";");
            text.push('\n');
        }
        if let Some(nul) = nul {
            let at = text.char_indices().map(|(at, _)| at).skip(6).nth(nul.index(text.len()));
            if let Some(at) = at {
                text.insert(at, '\0');
            }
        }
        let (western, _, lost) = encoding_rs::WINDOWS_1252.encode(&text);
        prop_assume!(!lost && std::str::from_utf8(&western).is_err());
        let asked = [
            Asked::identifier("é"),
            Asked::column("b", Kind::Category),
            Asked::column("b", Kind::Text),
            Asked::column("c", Kind::Number),
        ];
        let [of_text, of_western] = [(Encoding::Utf8, text.as_bytes()), (Encoding::Windows1252, &western)]
            .map(|(encoding, bytes)| format!("{:?}", run(&[("x", bytes)], &Dialect { encoding, ..french() }, &asked)));
        prop_assert_eq!(of_text, of_western);
    }

    #[test]
    fn no_bytes_make_it_panic(
        bytes in prop::collection::vec(any::<u8>(), 0..300),
        text in markup(),
        encoding in prop::sample::select(vec![Encoding::Utf8, Encoding::Utf16, Encoding::Windows1252]),
    ) {
        let dialect = Dialect { encoding, ..french() };
        for bytes in [bytes.clone(), [b"a;b\n", &bytes[..]].concat(), [b"a;b\n", text.as_bytes()].concat()] {
            let asked = [Asked::column("a", Kind::Number), Asked::column("b", Kind::Date), Asked::column("a", Kind::Flag)];
            let _ = run(&[("x", &bytes)], &dialect, &asked);
            let _ = survey(Source::new("x", &bytes[..]));
            let _ = String::from_utf8(bytes).map(|text| (parse_number(&text, &dialect), parse_date(&text, &dialect), parse_flag(&text, &dialect)));
        }
    }
}

#[test]
fn a_survey_finds_the_dialect_that_reads_each_good_file() {
    const GOOD: [&str; 9] = [
        "00_reference_utf8_comma_iso.csv",
        "01_fr_utf8_semicolon_decimalcomma.csv",
        "02_fr_utf8bom_excel.csv",
        "03_fr_windows1252.csv",
        "04_fr_windows1252_nbsp_thousands_euro.csv",
        "08_fr_cr_only_oldmac.csv",
        "09_fr_sep_hint_line.csv",
        "11_fr_trailing_blank_lines.csv",
        "14_fr_trailing_semicolon_empty_column.csv",
    ];
    let mut tables = Vec::new();
    for name in GOOD {
        let Some(bytes) = stored(&format!("french_exports/good/{name}")) else {
            return;
        };
        let seen = survey(Source::new(name, &bytes[..])).unwrap();
        let dialect = Dialect {
            format: seen.format,
            separator: seen.separator,
            encoding: seen.encoding,
            decimal: seen.decimal,
            thousands: seen.thousands,
            dates: seen.dates,
            missing: seen.missing.clone(),
            yes: seen.yes.clone(),
            no: seen.no.clone(),
        };
        assert_eq!(
            (&seen.yes, &seen.no),
            (&words(&["oui"]), &words(&["non"])),
            "{name}"
        );
        let of = |column: &str| {
            seen.columns
                .iter()
                .find(|it| it.name == column)
                .unwrap_or_else(|| panic!("{name}: {column}"))
        };
        assert_eq!(
            of("Converti ?").role,
            Guess::Outcome {
                values: words(&["Non", "Oui"])
            },
            "{name}"
        );
        assert_eq!(of("Date de création").role, Guess::Date, "{name}");
        assert_eq!(of("Téléphone").role, Guess::Identity, "{name}");
        assert_eq!(
            (of("Code postal").kind, &of("Code postal").role),
            (Kind::Category, &Guess::Feature),
            "{name}"
        );
        for number in [
            "Âge",
            "Euribor 3 mois",
            "IPC",
            "Montant devis",
            "Nb d’employés",
        ] {
            assert_eq!(
                (of(number).kind, &of(number).role),
                (Kind::Number, &Guess::Feature),
                "{name}: {number}"
            );
        }
        assert_eq!(
            (of("Métier").kind, &of("Métier").role),
            (Kind::Category, &Guess::Feature),
            "{name}"
        );
        assert_eq!(of("Prêt immobilier").role, Guess::Feature, "{name}");
        let asked: Vec<Asked> = export()
            .into_iter()
            .filter(|asked| asked.name != "Commentaire")
            .collect();
        let portion = read(&bytes, &dialect, &asked).unwrap();
        assert_eq!(portion.failures, [], "{name}");
        tables.push(table(&portion));
    }
    assert!(tables.iter().all(|table| *table == tables[0]));
}

#[test]
fn a_survey_of_bank_marketing_finds_its_outcome_and_its_gaps() {
    for name in ["bank-full.csv", "bank-additional-full.csv"] {
        let Some(bytes) = stored(&format!("bank_marketing/{name}")) else {
            return;
        };
        let seen = survey(Source::new(name, &bytes[..])).unwrap();
        // The first file holds whole numbers only: nothing in it contradicts what `;` suggests.
        let decimal = if name == "bank-full.csv" { ',' } else { '.' };
        assert_eq!(
            (seen.separator, seen.decimal, seen.encoding),
            (b';', decimal, Encoding::Utf8),
            "{name}"
        );
        assert_eq!(seen.missing, ["unknown"], "{name}");
        let roles: Vec<&Guess> = seen.columns.iter().map(|column| &column.role).collect();
        let (last, rest) = roles.split_last().unwrap();
        assert_eq!(
            **last,
            Guess::Outcome {
                values: words(&["no", "yes"])
            },
            "{name}"
        );
        assert!(
            rest.iter().all(|role| **role == Guess::Feature),
            "{name}: {rest:?}"
        );
        let job = seen
            .columns
            .iter()
            .find(|column| column.name == "job")
            .unwrap();
        assert_eq!((job.kind, job.distinct), (Kind::Category, Some(11)));
    }
}

#[test]
fn one_value_never_decides_what_a_mark_means() {
    let marks = |text: &str| {
        let seen = survey(Source::new("x", text.as_bytes())).unwrap();
        (seen.separator, seen.decimal, seen.thousands)
    };
    // The same `1.234`, beside values that settle it.
    assert_eq!(marks("n;m\n1.234;x\n1.2;y\n"), (b';', '.', Thousands::None));
    assert_eq!(
        marks("n;m\n1.234;x\n1.234.567;y\n"),
        (b';', ',', Thousands::Dot)
    );
    assert_eq!(
        marks("n;m\n1.234;5,5\n2.345;6,75\n"),
        (b';', ',', Thousands::Dot)
    );
    assert_eq!(
        marks("n;m\n4,855;x\n4,962;y\n"),
        (b';', ',', Thousands::Space)
    );
    assert_eq!(
        marks("n|m\n1,234|x\n2,345|y\n"),
        (b'|', '.', Thousands::Comma)
    );
    assert_eq!(
        marks("n\tm\n1'234.5\tx\n"),
        (b'\t', '.', Thousands::Apostrophe)
    );
    // Dates: only a day beyond 12 tells.
    let order = |text: &str| survey(Source::new("x", text.as_bytes())).unwrap().dates;
    assert_eq!(
        order("d,x\n01/02/2026,1\n03/31/2026,2\n"),
        DateOrder::MonthFirst
    );
    assert_eq!(
        order("d,x\n01/02/2026,1\n31/03/2026,2\n"),
        DateOrder::DayFirst
    );
    assert_eq!(order("d,x\n01/02/2026,1\n"), DateOrder::DayFirst);
    assert_eq!(order("d,x\n2026-02-01,1\n"), DateOrder::Iso);
}

#[test]
fn a_survey_tells_identity_and_identifier_from_features() {
    use Guess::{Audience, Audit, Consent, Feature, Identifier, Identity, Ignore};
    let mut text = String::from(
        "lead_id,E-mail,Prénom,contact_info,segment,Religion,opt_in,B2B/B2C,sexe,avis,statut\n",
    );
    for row in 0..300 {
        let level = if row % 2 == 0 { "a" } else { "b" };
        let faith = row % 3;
        let note = format!("some longer free text number {row}");
        let phone = format!("06 12 34 {:02} {:02}", row / 100, row % 100);
        let known = format!("{phone},{level},{faith},oui,B2B,F,{note},{level}");
        writeln!(text, "L{row:04},p{row}@example.fr,P{row},{known}").unwrap();
    }
    let seen = survey(Source::new("x", text.as_bytes())).unwrap();
    let roles: Vec<Guess> = seen
        .columns
        .iter()
        .map(|column| column.role.clone())
        .collect();
    let outcome = Guess::Outcome {
        values: words(&["a", "b"]),
    };
    let expected = [
        Identifier(IdType::CrmId),
        Identity,
        Identity,
        Identity,
        Feature,
        Ignore,
        Consent,
        Audience,
        Audit,
        Ignore,
        outcome,
    ];
    assert_eq!(roles, expected);
    assert!(matches!(survey(Source::new("x", &b"PAR1...."[..])), Err(error) if error.is_parquet()));
    let parquet = observe([("y", vec!["yes", "no"]), ("n", vec!["1.5", ""])]);
    assert_eq!(
        (parquet.format, parquet.columns[1].kind),
        (Format::Parquet, Kind::Number)
    );
}

/// What a column of `share` such values, the rest plain, is found to be.
fn detected(value: impl Fn(usize) -> String, odd: usize, all: usize) -> Option<(Looks, f64)> {
    let mut detector = Detector::new(&["feature"]);
    for row in 0..all {
        let value = if row < odd {
            value(row)
        } else {
            format!("plain {row}")
        };
        // Each twice: it is distinct values that count.
        detector.take(0, &value);
        detector.take(0, &value);
    }
    detector
        .findings()
        .first()
        .map(|finding| (finding.looks, finding.share))
}

#[test]
fn a_feature_that_looks_like_an_identity_is_found_out_at_one_percent_and_five() {
    let email = |row: usize| format!("p{row}@example.fr");
    assert_eq!(detected(email, 5, 500), Some((Looks::Email, 0.01)));
    assert_eq!(detected(email, 4, 100), None, "fewer than five");
    assert_eq!(detected(email, 5, 501), None, "less than 1 %");
    assert_eq!(
        detected(|row| format!("06 12 34 56 {row:02}"), 9, 90)
            .unwrap()
            .0,
        Looks::Phone
    );
    assert_eq!(
        detected(|row| format!("+49 151 2345678{row}"), 9, 90)
            .unwrap()
            .0,
        Looks::Phone
    );
    // An independent road to the check digits: search them.
    let iban = |row: usize| {
        let account = format!("3000600001{row:011}89");
        let number = |check: usize| format!("{account}1527{check:02}");
        let rest = |text: &str| {
            text.bytes().fold(0_u64, |rest, digit| {
                (rest * 10 + u64::from(digit - b'0')) % 97
            })
        };
        let check = (2..99).find(|check| rest(&number(*check)) == 1).unwrap();
        format!("FR{check:02} {account}")
    };
    assert_eq!(detected(iban, 5, 50).unwrap().0, Looks::Iban);
    assert_eq!(
        detected(|row| iban(row).replace("FR", "FI"), 5, 50),
        None,
        "the check digits do not hold"
    );
    let nir = |row: usize| {
        let number = 2_550_814_168_000_u64 + row as u64;
        format!("{number}{:02}", 97 - number % 97)
    };
    assert_eq!(
        nir(25),
        "255081416802538",
        "the example of the French administration"
    );
    assert_eq!(detected(nir, 5, 50).unwrap().0, Looks::Nir);
    let cards = [
        "4111111111111111",
        "5555 5555 5555 4444",
        "378282246310005",
        "6011-1111-1111-1117",
        "4012888888881881",
    ];
    assert_eq!(
        detected(|row| cards[row].to_owned(), 5, 50).unwrap().0,
        Looks::Card
    );
    let broken = |row: usize| {
        cards[row]
            .replace("11", "12")
            .replace("55", "56")
            .replace("63", "64")
            .replace("40", "41")
    };
    assert_eq!(detected(broken, 5, 50), None);
    assert_eq!(
        detected(|row| format!("one two three four {row}"), 201, 201)
            .unwrap()
            .0,
        Looks::FreeText
    );
    assert_eq!(
        detected(|row| format!("one two three four {row}"), 200, 200),
        None
    );
    assert_eq!(detected(|row| format!("{}.5", row * 37), 90, 90), None);
}

#[test]
fn special_categories_are_found_by_name_and_nothing_shows_a_value() {
    let mut detector = Detector::new(&["État de santé", "tel", "Métier"]);
    let text =
        "s,tel,m\n1,612345678,a\n2,698765432,b\n3,33612345678,c\n4,611111111,d\n5,622222222,e\n";
    let kinds = [
        ("s", Kind::Flag),
        ("tel", Kind::Number),
        ("m", Kind::Category),
    ];
    let asked = kinds.map(|(name, kind)| Asked::column(name, kind));
    let dialect = Dialect {
        yes: words(&["1", "2", "3"]),
        no: words(&["4", "5"]),
        ..english()
    };
    let portion = read(text.as_bytes(), &dialect, &asked).unwrap();
    detector.take_batch(&portion.batch, &[0, 1, 2]);
    let findings = detector.findings();
    let found: Vec<(&str, Looks)> = findings
        .iter()
        .map(|it| (it.column.as_str(), it.looks))
        .collect();
    assert_eq!(
        found,
        [
            ("État de santé", Looks::SpecialCategory("sante")),
            ("tel", Looks::Phone)
        ]
    );
    for lang in [Lang::En, Lang::Fr] {
        assert!(
            findings
                .iter()
                .all(|finding| !finding.words(lang).contains("612345678"))
        );
    }
}
