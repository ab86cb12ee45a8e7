//! Who was met in this run: exact over any number of leads, in memory that hardly grows with them.
//!
//! A filter that never forgets answers for nearly everybody who is new. For
//! the others, and for whoever does come twice, the pseudonyms themselves are
//! looked at: they wait in memory until there are enough of a kind, then go to
//! a file without a name, sealed with a key that dies with the run.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use super::error::Error;
use crate::ledger::key::Secret;
use crate::ledger::seal::{Seal, sealed_length};

/// A filter's blocks of 64 bytes, by shelf: one pseudonym touches one block, hence one line of the processor's cache.
const BLOCKS: usize = 64;

/// Pseudonyms that one filter takes; one in a thousand of those who are new then looks as if met.
const FULL: usize = 10_000_000;

/// Pseudonyms stand by their first bits in so many shelves.
const SHELVES: usize = 1 << 12;

/// Pseudonyms of a shelf that go to the file together.
const SLAB: usize = 64;

/// A pseudonym's bytes.
type Pseudonym = [u8; 16];

/// Who was met.
pub struct Met {
    filters: Vec<Filter>,
    taken: usize,
    /// Pseudonyms that wait, by shelf.
    waiting: Vec<Pseudonym>,
    /// How many wait, by shelf.
    waits: Vec<u8>,
    /// The places of a shelf's slabs in the file.
    slabs: Vec<Vec<u32>>,
    file: Option<File>,
    written: u32,
    folder: PathBuf,
    seal: Seal,
}

impl Met {
    /// Nobody yet. A file is made in `folder`, and has no name there, once some 200,000 were met; `key` seals nothing else.
    pub fn new(folder: &Path, key: &Secret) -> Self {
        Self {
            filters: vec![Filter::new()],
            taken: 0,
            waiting: vec![[0; 16]; SHELVES * SLAB],
            waits: vec![0; SHELVES],
            slabs: vec![Vec::new(); SHELVES],
            file: None,
            written: 0,
            folder: folder.to_owned(),
            seal: Seal::new(key, b"probant/met/v1"),
        }
    }

    /// Of each whether this is the first time; from then on it is not. Nobody at all is never met.
    pub fn first(&mut self, people: &[Option<Pseudonym>]) -> Result<Vec<bool>, Error> {
        let mut first = vec![true; people.len()];
        // Shelf by shelf, so that neighbours in memory follow each other; in their order within a shelf.
        for row in by_shelf(people) {
            if let Some(pseudonym) = people[row as usize] {
                first[row as usize] = self.take(pseudonym)?;
            }
        }
        if self.taken >= FULL {
            self.taken = 0;
            self.filters.push(Filter::new());
        }
        Ok(first)
    }

    fn take(&mut self, pseudonym: Pseudonym) -> Result<bool, Error> {
        let (newest, older) = self.filters.split_last_mut().expect("there is a filter");
        let known = older.iter().any(|filter| filter.holds(&pseudonym));
        let new = newest.add(&pseudonym) && !known;
        if !new && self.holds(&pseudonym)? {
            return Ok(false);
        }
        self.keep(pseudonym)?;
        self.taken += 1;
        Ok(true)
    }

    fn holds(&mut self, pseudonym: &Pseudonym) -> Result<bool, Error> {
        let shelf = shelf(pseudonym);
        let from = shelf * SLAB;
        if self.waiting[from..from + usize::from(self.waits[shelf])].contains(pseudonym) {
            return Ok(true);
        }
        let Some(file) = &mut self.file else {
            return Ok(false);
        };
        let mut sealed = vec![0; sealed_length(SLAB * 16)];
        for &slab in &self.slabs[shelf] {
            let mut read = || -> io::Result<()> {
                file.seek(SeekFrom::Start(u64::from(slab) * sealed.len() as u64))?;
                file.read_exact(&mut sealed)
            };
            read().map_err(|source| Error::Read {
                path: self.folder.clone(),
                source,
            })?;
            let plain = self.seal.open(slab, &sealed).map_err(|_| Error::Read {
                path: self.folder.clone(),
                source: io::ErrorKind::InvalidData.into(),
            })?;
            if plain.as_chunks::<16>().0.contains(pseudonym) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn keep(&mut self, pseudonym: Pseudonym) -> Result<(), Error> {
        let shelf = shelf(&pseudonym);
        let from = shelf * SLAB;
        let waits = usize::from(self.waits[shelf]);
        self.waiting[from + waits] = pseudonym;
        self.waits[shelf] += 1;
        if waits + 1 == SLAB {
            let plain = self.waiting[from..from + SLAB].as_flattened();
            let sealed = self.seal.seal(self.written, plain);
            self.store(&sealed).map_err(|source| Error::Write {
                path: self.folder.clone(),
                source,
            })?;
            self.slabs[shelf].push(self.written);
            self.written += 1;
            self.waits[shelf] = 0;
        }
        Ok(())
    }

    /// Appends a slab to the file.
    fn store(&mut self, sealed: &[u8]) -> io::Result<()> {
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(nameless(&self.folder)?),
        };
        file.seek(SeekFrom::Start(
            u64::from(self.written) * sealed.len() as u64,
        ))?;
        file.write_all(sealed)
    }
}

fn shelf(pseudonym: &Pseudonym) -> usize {
    usize::from(u16::from_be_bytes([pseudonym[0], pseudonym[1]])) % SHELVES
}

/// The positions of people, shelf by shelf, ascending within each.
fn by_shelf(people: &[Option<Pseudonym>]) -> Vec<u32> {
    let shelf = |person: &Option<Pseudonym>| person.as_ref().map_or(0, shelf);
    let mut next = vec![0u32; SHELVES + 1];
    for person in people {
        next[shelf(person) + 1] += 1;
    }
    for at in 1..=SHELVES {
        next[at] += next[at - 1];
    }
    let mut order = vec![0; people.len()];
    for (row, person) in people.iter().enumerate() {
        let place = &mut next[shelf(person)];
        order[*place as usize] = row as u32;
        *place += 1;
    }
    order
}

/// A file that is gone from its folder at once, and from the disk with the process.
fn nameless(folder: &Path) -> io::Result<File> {
    fs::create_dir_all(folder)?;
    let path = folder.join(format!("met.{}", std::process::id()));
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(&path)?;
    // Where an open file cannot be removed, the next run's sweep of the folder does it.
    if cfg!(unix) {
        fs::remove_file(&path)?;
    }
    Ok(file)
}

/// Whether somebody may have been met: a Bloom filter in blocks (Putze, Sanders and Singler, 2007), eight bits each.
///
/// Pseudonyms are an HMAC's bytes, so that their bits are as good as any hash of them.
struct Filter(Vec<[u64; 8]>);

impl Filter {
    fn new() -> Self {
        Self(vec![[0; 8]; SHELVES * BLOCKS])
    }

    /// The block, and one bit in each of its words.
    fn place(pseudonym: &Pseudonym) -> (usize, [u64; 8]) {
        let bits = u128::from_be_bytes(*pseudonym);
        // The first 16 bits choose the shelf; these are others.
        let block = (bits >> 80) as usize % BLOCKS;
        let bit = |word: u32| 1u64 << ((bits >> (6 * word)) as u32 % 64);
        (
            shelf(pseudonym) * BLOCKS + block,
            std::array::from_fn(|word| bit(word as u32)),
        )
    }

    fn holds(&self, pseudonym: &Pseudonym) -> bool {
        let (block, bits) = Self::place(pseudonym);
        let mut words = self.0[block].iter().zip(bits);
        words.all(|(word, bit)| word & bit != 0)
    }

    /// Adds a pseudonym; whether it certainly was not there.
    fn add(&mut self, pseudonym: &Pseudonym) -> bool {
        let (block, bits) = Self::place(pseudonym);
        let mut missing = 0;
        for (word, bit) in self.0[block].iter_mut().zip(bits) {
            missing |= !*word & bit;
            *word |= bit;
        }
        missing != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::sha256;

    fn people(numbers: impl Iterator<Item = u64>) -> Vec<Option<Pseudonym>> {
        numbers
            .map(|number| sha256(&[&number.to_be_bytes()]).first_chunk().copied())
            .collect()
    }

    #[test]
    fn nobody_is_met_twice_for_the_first_time_wherever_they_are_remembered() {
        let folder = tempfile::tempdir().unwrap();
        let tmp = folder.path().join("tmp");
        let mut met = Met::new(&tmp, &Secret::new([7; 32]));
        let many = (SHELVES * SLAB) as u64 * 5 / 4;
        let first = met.first(&people(0..many)).unwrap();
        assert!(first.into_iter().all(|first| first));
        assert!(met.written > 0 && met.waits.iter().any(|waits| *waits > 0));
        let again = met.first(&people((0..many).step_by(97))).unwrap();
        assert!(again.into_iter().all(|first| !first));
        // In a filter so full that nobody looks new, the pseudonyms themselves decide.
        met.filters[0].0.fill([u64::MAX; 8]);
        let twice = people((many..many + 1000).flat_map(|number| [number, number]));
        let first = met.first(&twice).unwrap();
        assert!(first.chunks(2).all(|pair| pair == [true, false]));
        assert_eq!(
            fs::read_dir(&tmp).unwrap().count(),
            0,
            "its file has no name"
        );
    }

    #[test]
    fn rows_without_anybody_are_not_each_others_repetition() {
        let folder = tempfile::tempdir().unwrap();
        let mut met = Met::new(folder.path(), &Secret::new([7; 32]));
        assert_eq!(met.first(&[None, None]).unwrap(), [true, true]);
    }

    #[test]
    fn a_file_that_cannot_be_made_or_was_changed_is_an_error_and_not_an_answer() {
        let folder = tempfile::tempdir().unwrap();
        let blocked = folder.path().join("tmp");
        fs::write(&blocked, b"").unwrap();
        let everybody = people(0..(SHELVES * SLAB) as u64);
        let mut met = Met::new(&blocked, &Secret::new([7; 32]));
        let refused = met.first(&everybody);
        assert!(matches!(refused, Err(Error::Write { .. })));

        let mut met = Met::new(folder.path(), &Secret::new([7; 32]));
        met.first(&everybody).unwrap();
        let file = met.file.as_mut().unwrap();
        file.seek(SeekFrom::Start(100)).unwrap();
        file.write_all(b"xyz").unwrap();
        assert!(matches!(met.first(&everybody), Err(Error::Read { .. })));
    }

    #[test]
    fn a_filter_that_is_full_gets_a_second_one_and_forgets_nobody() {
        let folder = tempfile::tempdir().unwrap();
        let mut met = Met::new(folder.path(), &Secret::new([7; 32]));
        met.taken = FULL - 1;
        for _ in 0..2 {
            let number = met.filters.len() as u64;
            assert_eq!(met.first(&people(number..=number)).unwrap(), [true]);
        }
        assert_eq!(met.filters.len(), 2);
        assert_eq!(met.first(&people(1..3)).unwrap(), [false, false]);
    }
}
