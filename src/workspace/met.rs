//! Who was met in this run: exact over any number of leads, in memory that hardly grows with them.
//!
//! A filter that never forgets answers for nearly everybody who is new. For
//! the others, and for whoever does come twice, the pseudonyms themselves are
//! looked at: they wait in memory until there are enough of a kind, then go to
//! a file without a name, sealed with a key that dies with the run.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};

use rayon::prelude::*;

use super::error::Error;
use crate::ledger::key::Secret;
use crate::ledger::seal::{Seal, sealed_length};

/// A filter's blocks of 64 bytes, by shelf: one pseudonym touches one block, hence one line of the processor's cache.
const BLOCKS: usize = 64;

/// Pseudonyms that one filter takes; one in a thousand of those who are new then looks as if met.
const FULL: usize = 10_000_000;

/// Pseudonyms stand by their first bits in so many shelves.
const SHELVES: usize = 1 << 12;

/// Shelves that one thread sees to.
const AISLE: usize = 1 << 7;

/// Pseudonyms of a shelf that go to the file together.
const SLAB: usize = 128;

/// A pseudonym's bytes.
type Pseudonym = [u8; 16];

/// Who was met.
pub struct Met {
    aisles: Vec<Aisle>,
    store: Store,
    taken: usize,
}

impl Met {
    /// Nobody yet. A file is made in `folder`, and has no name there, once half a million were met; `key` seals nothing else.
    pub fn new(folder: &Path, key: &Secret) -> Self {
        Self {
            aisles: (0..SHELVES / AISLE).map(|_| Aisle::new()).collect(),
            store: Store {
                file: Mutex::new(None),
                slabs: AtomicU32::new(0),
                folder: folder.to_owned(),
                seal: Seal::new(key, b"probant/met/v1"),
            },
            taken: 0,
        }
    }

    /// Of each whether this is the first time; from then on it is not. Nobody at all is never met.
    pub fn first(&mut self, people: &[Option<Pseudonym>]) -> Result<Vec<bool>, Error> {
        let (order, begins) = by_aisle(people);
        let store = &self.store;
        let again = self
            .aisles
            .par_iter_mut()
            .enumerate()
            .map(|(at, aisle)| {
                let rows = &order[begins[at] as usize..begins[at + 1] as usize];
                aisle.again(people, rows, store)
            })
            .collect::<Result<Vec<_>, _>>()?;
        let mut first = vec![true; people.len()];
        for row in again.iter().flatten() {
            first[*row as usize] = false;
        }
        self.taken += people.len();
        if self.taken >= FULL {
            self.taken = 0;
            for aisle in &mut self.aisles {
                aisle.filters.push(Filter::new());
            }
        }
        Ok(first)
    }
}

/// Some shelves, and who stands there.
struct Aisle {
    filters: Vec<Filter>,
    /// Pseudonyms that wait, by shelf.
    waiting: Vec<Pseudonym>,
    /// How many wait, by shelf.
    waits: Vec<u8>,
    /// The places of a shelf's slabs in the file.
    slabs: Vec<Vec<u32>>,
}

impl Aisle {
    fn new() -> Self {
        Self {
            filters: vec![Filter::new()],
            waiting: vec![[0; 16]; AISLE * SLAB],
            waits: vec![0; AISLE],
            slabs: vec![Vec::new(); AISLE],
        }
    }

    /// Those of the rows, in this order, whose people stand here already.
    fn again(
        &mut self,
        people: &[Option<Pseudonym>],
        rows: &[u32],
        store: &Store,
    ) -> Result<Vec<u32>, Error> {
        let mut again = Vec::new();
        let (newest, older) = self.filters.split_last_mut().expect("there is a filter");
        let mut here = Vec::with_capacity(rows.len());
        // The filters first, without a decision in between: their memory is far, and is asked for ahead.
        for &row in rows {
            if let Some(pseudonym) = people[row as usize] {
                let shelf = shelf(&pseudonym) % AISLE;
                let known = older.iter().any(|filter| filter.holds(shelf, &pseudonym));
                let new = newest.add(shelf, &pseudonym) && !known;
                here.push((pseudonym, row, new));
            }
        }
        for (pseudonym, row, new) in here {
            let shelf = shelf(&pseudonym) % AISLE;
            if !new && self.holds(shelf, &pseudonym, store)? {
                again.push(row);
            } else {
                self.keep(shelf, pseudonym, store)?;
            }
        }
        Ok(again)
    }

    fn holds(&self, shelf: usize, pseudonym: &Pseudonym, store: &Store) -> Result<bool, Error> {
        let from = shelf * SLAB;
        if self.waiting[from..from + usize::from(self.waits[shelf])].contains(pseudonym) {
            return Ok(true);
        }
        for &slab in &self.slabs[shelf] {
            if store.get(slab)?.as_chunks::<16>().0.contains(pseudonym) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn keep(&mut self, shelf: usize, pseudonym: Pseudonym, store: &Store) -> Result<(), Error> {
        let from = shelf * SLAB;
        let waits = usize::from(self.waits[shelf]);
        self.waiting[from + waits] = pseudonym;
        self.waits[shelf] += 1;
        if waits + 1 == SLAB {
            let slab = store.put(self.waiting[from..from + SLAB].as_flattened())?;
            self.slabs[shelf].push(slab);
            self.waits[shelf] = 0;
        }
        Ok(())
    }
}

/// The file of those who no longer fit in memory.
struct Store {
    /// The file once there is one.
    file: Mutex<Option<File>>,
    /// Slabs sealed so far; each has its place in the file.
    slabs: AtomicU32,
    folder: PathBuf,
    seal: Seal,
}

impl Store {
    /// Seals a slab and appends it; its place.
    fn put(&self, plain: &[u8]) -> Result<u32, Error> {
        let slab = self.slabs.fetch_add(1, Ordering::Relaxed);
        let sealed = self.seal.seal(slab, plain);
        let write = || -> io::Result<()> {
            let mut held = self.file.lock().unwrap_or_else(PoisonError::into_inner);
            let file = match &mut *held {
                Some(file) => file,
                none => none.insert(nameless(&self.folder)?),
            };
            file.seek(SeekFrom::Start(u64::from(slab) * sealed.len() as u64))?;
            file.write_all(&sealed)
        };
        write().map_err(|source| Error::Write {
            path: self.folder.clone(),
            source,
        })?;
        Ok(slab)
    }

    /// Reads a slab back.
    fn get(&self, slab: u32) -> Result<Vec<u8>, Error> {
        let failed = |source| Error::Read {
            path: self.folder.clone(),
            source,
        };
        let mut sealed = vec![0; sealed_length(SLAB * 16)];
        let mut held = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let file = held
            .as_mut()
            .ok_or_else(|| failed(io::ErrorKind::NotFound.into()))?;
        file.seek(SeekFrom::Start(u64::from(slab) * sealed.len() as u64))
            .and_then(|_| file.read_exact(&mut sealed))
            .map_err(failed)?;
        drop(held);
        let open = self.seal.open(slab, &sealed);
        open.map_err(|_| failed(io::ErrorKind::InvalidData.into()))
    }
}

fn shelf(pseudonym: &Pseudonym) -> usize {
    usize::from(u16::from_be_bytes([pseudonym[0], pseudonym[1]])) % SHELVES
}

/// The positions of people, shelf by shelf and ascending within each, so that neighbours in memory
/// follow each other; and where those of each aisle begin.
fn by_aisle(people: &[Option<Pseudonym>]) -> (Vec<u32>, Vec<u32>) {
    let shelf = |person: &Option<Pseudonym>| person.as_ref().map_or(0, shelf);
    let mut next = vec![0u32; SHELVES + 1];
    for person in people {
        next[shelf(person) + 1] += 1;
    }
    for at in 1..=SHELVES {
        next[at] += next[at - 1];
    }
    let begins = next.iter().copied().step_by(AISLE).collect();
    let mut order = vec![0; people.len()];
    for (row, person) in people.iter().enumerate() {
        let place = &mut next[shelf(person)];
        order[*place as usize] = row as u32;
        *place += 1;
    }
    (order, begins)
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
        Self(vec![[0; 8]; AISLE * BLOCKS])
    }

    /// The block, and one bit in each of its words.
    fn place(shelf: usize, pseudonym: &Pseudonym) -> (usize, [u64; 8]) {
        // The first bytes choose the shelf; these are others.
        let [.., a, b, c, d, e, f, g, h] = *pseudonym;
        let mut bits = u64::from_be_bytes([a, b, c, d, e, f, g, h]);
        let block = bits as usize % BLOCKS;
        let places = [(); 8].map(|()| {
            bits >>= 6;
            1u64 << (bits % 64)
        });
        (shelf * BLOCKS + block, places)
    }

    fn holds(&self, shelf: usize, pseudonym: &Pseudonym) -> bool {
        let (block, bits) = Self::place(shelf, pseudonym);
        let mut words = self.0[block].iter().zip(bits);
        words.all(|(word, bit)| word & bit != 0)
    }

    /// Adds a pseudonym; whether it certainly was not there.
    fn add(&mut self, shelf: usize, pseudonym: &Pseudonym) -> bool {
        let (block, bits) = Self::place(shelf, pseudonym);
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

    fn written(met: &Met) -> u32 {
        met.store.slabs.load(Ordering::Relaxed)
    }

    #[test]
    fn nobody_is_met_twice_for_the_first_time_wherever_they_are_remembered() {
        let folder = tempfile::tempdir().unwrap();
        let tmp = folder.path().join("tmp");
        let mut met = Met::new(&tmp, &Secret::new([7; 32]));
        let many = (SHELVES * SLAB) as u64 * 5 / 4;
        let first = met.first(&people(0..many)).unwrap();
        assert!(first.into_iter().all(|first| first));
        assert!(written(&met) > 0 && met.aisles[0].waits.iter().any(|waits| *waits > 0));
        let again = met.first(&people((0..many).step_by(97))).unwrap();
        assert!(again.into_iter().all(|first| !first));
        // In a filter so full that nobody looks new, the pseudonyms themselves decide.
        for aisle in &mut met.aisles {
            aisle.filters[0].0.fill([u64::MAX; 8]);
        }
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
        let mut held = met.store.file.lock().unwrap();
        let file = held.as_mut().unwrap();
        file.seek(SeekFrom::Start(100)).unwrap();
        file.write_all(b"xyz").unwrap();
        drop(held);
        assert!(matches!(met.first(&everybody), Err(Error::Read { .. })));
    }

    #[test]
    fn a_filter_that_is_full_gets_a_second_one_and_forgets_nobody() {
        let folder = tempfile::tempdir().unwrap();
        let mut met = Met::new(folder.path(), &Secret::new([7; 32]));
        met.taken = FULL - 1;
        for _ in 0..2 {
            let number = met.aisles[0].filters.len() as u64;
            assert_eq!(met.first(&people(number..=number)).unwrap(), [true]);
        }
        assert_eq!(met.aisles[0].filters.len(), 2);
        assert_eq!(met.first(&people(1..3)).unwrap(), [false, false]);
    }
}
