//! Looks for a person in everything that a folder holds: every store is decoded before it is searched.
//!
//! [`find`] walks a folder and reads each file as what it is: sealed segments (opened with the keys
//! that lie beside them), wrapped keys, `state.db` (pages and cells), Parquet, frames of zstd wherever one
//! begins, base64 and hex wherever a run of them stands. In each it looks for every spelling of every
//! needle. `canaries.rs` shows that it finds a leak in each kind of store.

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use probant::digest::{hex, unhex};
use probant::ledger::erased::Erased;
use probant::ledger::key::{Secret, SecretKind, SegmentKey, Unwrapped};
use probant::ledger::opened::Opened;
use probant::ledger::seal::Seal;
use probant::ledger::segment::HEAD;
use probant::ledger::text::SegmentId;
use probant::table::{Raw, Reader, Wanted, headers};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};

/// Something that must be nowhere, in every spelling that a store could give it.
#[derive(Clone, Debug)]
pub struct Needle {
    pub name: String,
    /// ASCII letters lowered, as the haystack's are.
    spellings: Vec<Vec<u8>>,
    /// Digits without separators; looked for where separators were taken out.
    digits: Option<Vec<u8>>,
}

/// Where a needle was found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hit {
    /// The file, within the folder that was searched.
    pub file: String,
    /// How it was read: the way from the file's bytes to what held the needle.
    pub layer: String,
    pub needle: String,
}

impl Needle {
    /// A text: as it is, in upper and lower case, in four encodings, in hex, base64, percent and JSON escapes.
    pub fn text(name: &str, text: &str) -> Self {
        let mut spellings = Vec::new();
        for form in [text.to_owned(), text.to_lowercase(), text.to_uppercase()] {
            let units: Vec<u16> = form.encode_utf16().collect();
            let escaped = |mark: &str| -> Vec<u8> {
                let one = |unit: &u16| match u8::try_from(*unit) {
                    Ok(byte) if byte.is_ascii() => char::from(byte).to_string(),
                    _ => format!("{mark}{unit:04x}"),
                };
                units.iter().map(one).collect::<String>().into_bytes()
            };
            let percent = form.bytes().map(|byte| match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' => {
                    char::from(byte).to_string()
                }
                _ => format!("%{byte:02x}"),
            });
            spellings.extend([
                form.clone().into_bytes(),
                units.iter().flat_map(|unit| unit.to_le_bytes()).collect(),
                units.iter().flat_map(|unit| unit.to_be_bytes()).collect(),
                escaped("\\u"),
                percent.collect::<String>().into_bytes(),
            ]);
            // Latin-1, which is Windows-1252 but for letters that no French name has.
            if let Ok(latin) = form.chars().map(|c| u8::try_from(u32::from(c))).collect() {
                spellings.push(latin);
            }
            encoded(form.as_bytes(), &mut spellings);
        }
        let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_digit).collect();
        // A French number without its prefix: `06…` and `+33 6…` are one.
        let core = digits
            .strip_prefix(b"33")
            .or(digits.strip_prefix(b"0"))
            .filter(|rest| rest.len() == 9)
            .unwrap_or(&digits);
        let digits = (core.len() >= 9).then(|| core.to_vec());
        Self::of(name, spellings, digits)
    }

    /// Bytes, such as a pseudonym: as they are, in hex and in base64.
    pub fn bytes(name: &str, bytes: &[u8]) -> Self {
        let mut spellings = vec![bytes.to_vec()];
        encoded(bytes, &mut spellings);
        Self::of(name, spellings, None)
    }

    fn of(name: &str, mut spellings: Vec<Vec<u8>>, digits: Option<Vec<u8>>) -> Self {
        for spelling in &mut spellings {
            spelling.make_ascii_lowercase();
        }
        spellings.retain(|spelling| spelling.len() >= 5);
        spellings.sort();
        spellings.dedup();
        Self {
            name: name.to_owned(),
            spellings,
            digits,
        }
    }
}

/// Hex; and base64 at each of the three places where it can begin within longer bytes.
fn encoded(bytes: &[u8], spellings: &mut Vec<Vec<u8>>) {
    spellings.push(hex(bytes).into_bytes());
    for before in 0..3 {
        let padded = [&[0; 2][..before], bytes].concat();
        let text = STANDARD.encode(&padded).into_bytes();
        // Letters that share bits with what stands before or after are left out.
        let start = [0, 2, 3][before];
        let end = padded.len() / 3 * 4;
        if end > start + 6 {
            spellings.push(text[start..end].to_vec());
        }
    }
}

/// Every spelling of every needle, by its first two bytes, so that one walk over the bytes finds all.
struct Matcher {
    by_start: Vec<Vec<(usize, Vec<u8>)>>,
    digits: Vec<(usize, Vec<u8>)>,
    names: Vec<String>,
}

impl Matcher {
    fn of(needles: &[Needle]) -> Self {
        let mut by_start = vec![Vec::new(); 1 << 16];
        let mut digits = Vec::new();
        for (at, needle) in needles.iter().enumerate() {
            for spelling in &needle.spellings {
                let start = usize::from(spelling[0]) << 8 | usize::from(spelling[1]);
                by_start[start].push((at, spelling.clone()));
            }
            digits.extend(needle.digits.iter().map(|digits| (at, digits.clone())));
        }
        let names = needles.iter().map(|needle| needle.name.clone()).collect();
        Self {
            by_start,
            digits,
            names,
        }
    }

    /// The needles that these bytes hold.
    fn of_bytes(&self, bytes: &[u8]) -> Vec<usize> {
        let lowered = bytes.to_ascii_lowercase();
        let mut found = Vec::new();
        for (at, pair) in lowered.windows(2).enumerate() {
            for (needle, spelling) in
                &self.by_start[usize::from(pair[0]) << 8 | usize::from(pair[1])]
            {
                if lowered[at..].starts_with(spelling) {
                    found.push(*needle);
                }
            }
        }
        // UTF-16 digits have a zero beside each; a no-break space is A0, or C2 A0.
        let separators = b" .-/_()+\t\x00\xc2\xa0";
        let squeezed: Vec<u8> = lowered
            .into_iter()
            .filter(|byte| !separators.contains(byte))
            .collect();
        for (needle, digits) in &self.digits {
            if squeezed
                .windows(digits.len())
                .any(|window| window == digits)
            {
                found.push(*needle);
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }
}

/// Where the needles are in what `root` holds, files' names included.
///
/// A store that ought to open and does not is a panic: what was not read was not searched.
pub fn find(root: &Path, needles: &[Needle]) -> Vec<Hit> {
    let mut search = Search {
        matcher: Matcher::of(needles),
        file: String::new(),
        hits: Vec::new(),
    };
    let keks = keks(root);
    for path in files(root) {
        let name = path.strip_prefix(root).unwrap().to_string_lossy();
        search.file = name.into_owned();
        let bytes = fs::read(&path).unwrap();
        search.look(
            "its name",
            &path.to_string_lossy().as_bytes()[root.as_os_str().len()..],
            1,
        );
        search.look("bytes", &bytes, 0);
        search.sealed(root, &path, &bytes, &keks);
        if bytes.starts_with(b"SQLite format 3\0") {
            search.cells_of_sqlite(&path);
        }
        if bytes.starts_with(b"PAR1") && bytes.ends_with(b"PAR1") {
            search.cells_of_parquet(&path);
        }
    }
    search.hits.sort();
    search.hits.dedup();
    search.hits
}

/// Where the needles are in what a command printed.
pub fn find_in(what: &str, printed: &str, needles: &[Needle]) -> Vec<Hit> {
    let mut search = Search {
        matcher: Matcher::of(needles),
        file: what.to_owned(),
        hits: Vec::new(),
    };
    search.look("printed", printed.as_bytes(), 0);
    search.hits
}

/// Every file of a folder, hidden ones too.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut todo = vec![folder.to_owned()];
    while let Some(folder) = todo.pop() {
        for item in fs::read_dir(folder).unwrap() {
            let path = item.unwrap().path();
            if path.is_dir() {
                todo.push(path);
            } else {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// Every key-encryption key that lies in `keys/`.
fn keks(root: &Path) -> Vec<Secret> {
    let Ok(items) = fs::read_dir(root.join("keys")) else {
        return Vec::new();
    };
    let mut secrets = Vec::new();
    for path in items.map(|item| item.unwrap().path()) {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if let Some(id) = name.strip_prefix("kek-") {
            let bytes = fs::read(&path).unwrap();
            secrets.push(Secret::parse(&bytes, SecretKind::Kek, &id.parse().unwrap()).unwrap());
        }
    }
    secrets
}

/// The rows of a segment, as its entry counts them; of one that the log does not know, one.
fn rows_of(root: &Path, id: SegmentId) -> u32 {
    let entries = root.join("ledger/tile/entries");
    let line = format!("\nid {id}\n");
    let found = files(&entries).into_iter().find_map(|path| {
        let text = String::from_utf8_lossy(&fs::read(path).unwrap()).into_owned();
        let (_, after) = text.split_once(&line)?;
        let rows = after.lines().find_map(|line| line.strip_prefix("rows "))?;
        rows.parse().ok()
    });
    found.unwrap_or(1)
}

struct Search {
    matcher: Matcher,
    file: String,
    hits: Vec<Hit>,
}

impl Search {
    fn look(&mut self, layer: &str, bytes: &[u8], depth: usize) {
        for needle in self.matcher.of_bytes(bytes) {
            self.hits.push(Hit {
                file: self.file.clone(),
                layer: layer.to_owned(),
                needle: self.matcher.names[needle].clone(),
            });
        }
        if depth < 2 {
            self.frames(layer, bytes, depth);
            self.runs(layer, bytes, depth);
        }
    }

    /// Frames of zstd, wherever one begins; of one that was cut short, what is left of it.
    fn frames(&mut self, layer: &str, bytes: &[u8], depth: usize) {
        const MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
        for at in 0..bytes.len().saturating_sub(4) {
            if bytes[at..at + 4] != MAGIC {
                continue;
            }
            let Ok(decoder) = zstd::stream::read::Decoder::with_buffer(&bytes[at..]) else {
                continue;
            };
            let (mut plain, mut piece) = (Vec::new(), vec![0; 1 << 16]);
            let mut decoder = decoder.single_frame();
            while let Ok(read @ 1..) = decoder.read(&mut piece) {
                plain.extend_from_slice(&piece[..read]);
            }
            self.look(&format!("{layer} > zstd"), &plain, depth + 1);
        }
    }

    /// Runs of hex and of base64, decoded from every place where they can begin.
    fn runs(&mut self, layer: &str, bytes: &[u8], depth: usize) {
        let base64 = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/".contains(byte);
        for run in bytes
            .split(|byte| !base64(byte))
            .filter(|run| run.len() >= 12)
        {
            for from in 0..4 {
                let run = &run[from..];
                let whole = &run[..run.len() / 4 * 4];
                if let Ok(plain) = STANDARD.decode(whole) {
                    self.look(&format!("{layer} > base64"), &plain, depth + 2);
                }
            }
        }
        for run in bytes
            .split(|byte| !byte.is_ascii_hexdigit())
            .filter(|run| run.len() >= 16)
        {
            for from in 0..2 {
                let run = run[from..].to_ascii_lowercase();
                let whole = String::from_utf8_lossy(&run[..run.len() / 2 * 2]).into_owned();
                let plain = unhex(&whole).unwrap_or_default();
                self.look(&format!("{layer} > hex"), &plain, depth + 2);
            }
        }
    }

    /// A segment's streams, and what a wrapped key wraps, as far as a key lies beside them.
    fn sealed(&mut self, root: &Path, path: &Path, bytes: &[u8], keks: &[Secret]) {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let mut words = name.split('.');
        let (Some(Ok(id)), last) = (words.next().map(str::parse::<SegmentId>), words.next_back())
        else {
            return;
        };
        let unwrap = |file: &[u8]| {
            let open = |kek| Unwrapped::open(file, &id.0, kek).ok();
            let unwrapped = keks.iter().find_map(open)?;
            // Which rows are erased stands beside the rows; how many there are, in the log.
            let erased = root.join(format!(
                "ledger/segments/{id}.{}.erased",
                unwrapped.generation
            ));
            let gaps = fs::read(erased).map_or_else(
                |_| Vec::new(),
                |bytes| Erased::decode(&bytes, 1 << 20).unwrap().leaves().rows(),
            );
            let key = unwrapped.key(rows_of(root, id), &gaps).ok()?;
            Some((key, gaps))
        };
        if last == Some("key") {
            if let Some((key, _)) = unwrap(bytes) {
                let mut plain = key.key.expose().to_vec();
                key.frontier.seeds(&mut plain);
                self.look("wrapped key", &plain, 1);
            }
            return;
        }
        if last != Some("rows") {
            return;
        }
        let wrapped = files(root)
            .into_iter()
            .filter(|path| path.ends_with(format!("{id}.key")));
        let keys: Vec<(SegmentKey, Vec<u32>)> = wrapped
            .filter_map(|path| unwrap(&fs::read(path).unwrap()))
            .collect();
        let current = keys
            .iter()
            .any(|(key, _)| name == format!("{id}.{}.rows", key.generation));
        let mut opened = false;
        for (key, gaps) in keys {
            let seal_key = Secret::new(*key.key.expose());
            let Ok(segment) = Opened::of(bytes, id, key, gaps) else {
                continue;
            };
            opened = true;
            let seal = Seal::new(&seal_key, &bytes[..HEAD]);
            let start = segment.pseudonyms_at().start;
            let blocks = (0..segment.blocks().len()).map(|block| segment.block_at(block));
            let streams = [HEAD..start, segment.pseudonyms_at()]
                .into_iter()
                .chain(blocks);
            for (range, number) in streams.zip(0..) {
                let plain = seal.open(number, &bytes[range]).unwrap();
                self.look(&format!("stream {number}"), &plain, 0);
            }
            for block in 0..segment.blocks().len() {
                let columns = segment
                    .columns(block, &bytes[segment.block_at(block)])
                    .unwrap();
                let facts = (0..columns.rows()).map(|at| columns.facts.of(at));
                let facts = facts.collect::<Vec<_>>().concat();
                self.look(&format!("facts of block {block}"), &facts, 1);
                self.look(&format!("bodies of block {block}"), &columns.bodies, 1);
            }
        }
        assert!(opened || !current, "{} does not open", self.file);
    }

    /// Every cell of every table, of a copy with its write-ahead log.
    fn cells_of_sqlite(&mut self, path: &Path) {
        let copy = tempfile::tempdir().unwrap();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        for ending in ["", "-wal"] {
            let from = path.with_file_name(format!("{name}{ending}"));
            if from.exists() {
                fs::copy(from, copy.path().join(format!("{name}{ending}"))).unwrap();
            }
        }
        let db = Connection::open_with_flags(copy.path().join(name), OpenFlags::default()).unwrap();
        let tables: Vec<String> = db
            .prepare("SELECT name FROM sqlite_master WHERE type = 'table'")
            .unwrap()
            .query_map([], |row| row.get(0))
            .unwrap()
            .map(Result::unwrap)
            .collect();
        for table in tables {
            let mut all = db.prepare(&format!("SELECT * FROM \"{table}\"")).unwrap();
            let columns = all.column_count();
            let mut rows = all.query([]).unwrap();
            while let Some(row) = rows.next().unwrap() {
                for at in 0..columns {
                    let cell = match row.get_ref(at).unwrap() {
                        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => bytes.to_vec(),
                        ValueRef::Integer(number) => number.to_string().into_bytes(),
                        ValueRef::Real(number) => number.to_string().into_bytes(),
                        ValueRef::Null => continue,
                    };
                    self.look(&format!("cell of {table}"), &cell, 0);
                }
            }
        }
    }

    /// Every cell, through the product's own reader.
    fn cells_of_parquet(&mut self, path: &Path) {
        let wanted: Vec<Wanted> = headers(path)
            .unwrap()
            .into_iter()
            .map(|name| Wanted {
                name,
                repeats: false,
            })
            .collect();
        let reader = Reader::open(&[path.to_owned()], &wanted).unwrap();
        for batch in reader {
            for (column, want) in batch.unwrap().columns.iter().zip(&wanted) {
                let texts: Vec<String> = match column {
                    Raw::Text(cells) => cells.iter().flatten().map(ToString::to_string).collect(),
                    Raw::Dictionary(category) => {
                        category.levels.iter().map(ToString::to_string).collect()
                    }
                    Raw::Whole(cells) => cells.iter().flatten().map(ToString::to_string).collect(),
                    Raw::Float(cells) => cells.iter().map(ToString::to_string).collect(),
                    Raw::Flag(_) | Raw::Date(_) => continue,
                };
                self.look(
                    &format!("column `{}`", want.name),
                    texts.join("\n").as_bytes(),
                    0,
                );
            }
        }
    }
}
