//! The exports that a command names: globs expanded, URLs refused, digests taken.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use super::error::Error;
use crate::digest::{Digest, Hasher};

/// What a file was when its digest was taken; it must still be so when it was read to the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fingerprint {
    /// The file.
    pub path: PathBuf,
    /// SHA-256 of its bytes.
    pub digest: Digest,
    /// Its length in bytes.
    pub bytes: u64,
    modified: Option<std::time::SystemTime>,
}

/// The largest file that anybody brings: time-stamps carry a few certificates.
const LARGEST: u64 = 1 << 20;

/// Reads a small file that a person brought, or that one could have touched, as what it should be.
pub fn brought(file: &Path, what: &str) -> Result<Vec<u8>, Error> {
    let refused = |source| Error::Read {
        path: file.to_owned(),
        source,
    };
    let meta = fs::metadata(file).map_err(|source| match source.kind() {
        io::ErrorKind::NotFound => Error::Usage {
            what: format!("there is no file `{}` to read {what} from", file.display()),
            hint: "check the folder and the name",
        },
        _ => refused(source),
    })?;
    let unfit = |why: &str| Error::Data {
        what: format!("`{}` is {why}, not {what}", file.display()),
        hint: "name the file itself, as it was written",
    };
    if meta.is_dir() {
        return Err(unfit("a folder"));
    }
    if !meta.is_file() {
        return Err(unfit("no file"));
    }
    if meta.len() > LARGEST {
        return Err(unfit("longer than 1 MiB"));
    }
    fs::read(file).map_err(refused)
}

/// The files that `named` stand for: a glob gives its matches in byte order of names.
pub fn expand(named: &[PathBuf]) -> Result<Vec<PathBuf>, Error> {
    let mut found = Vec::new();
    for name in named {
        let text = name.to_string_lossy();
        if text.contains("://") {
            return Err(Error::Usage {
                what: format!("`{text}` is not a file on this machine"),
                hint: "copy the export here first; nothing in this program uses the network",
            });
        }
        if name.exists() || !text.contains(['*', '?', '[']) {
            found.push(name.clone());
            continue;
        }
        let bad = |_| Error::Usage {
            what: format!("`{text}` is not a pattern"),
            hint: "a pattern has `*`, `?` or `[a-z]`, as in 'exports/*.csv'",
        };
        let mut matches: Vec<PathBuf> = glob::glob(&text)
            .map_err(bad)?
            .filter_map(Result::ok)
            .collect();
        if matches.is_empty() {
            return Err(Error::Usage {
                what: format!("no file matches `{text}`"),
                hint: "check the folder and the pattern",
            });
        }
        matches.sort_by(|a, b| {
            a.as_os_str()
                .as_encoded_bytes()
                .cmp(b.as_os_str().as_encoded_bytes())
        });
        found.append(&mut matches);
    }
    for path in &found {
        let meta = fs::metadata(path).map_err(|source| {
            if source.kind() == io::ErrorKind::NotFound {
                return Error::Usage {
                    what: format!("there is no file `{}`", path.display()),
                    hint: "check the folder and the name",
                };
            }
            Error::Read {
                path: path.clone(),
                source,
            }
        })?;
        if meta.is_dir() {
            return Err(Error::Usage {
                what: format!("`{}` is a folder", path.display()),
                hint: "name its files, or a pattern such as 'folder/*.csv'",
            });
        }
    }
    Ok(found)
}

/// The digest of a file's bytes.
pub fn digest(path: &Path) -> Result<Digest, Error> {
    fingerprint(path).map(|print| print.digest)
}

/// Takes a file's digest.
pub fn fingerprint(path: &Path) -> Result<Fingerprint, Error> {
    let failed = |source| Error::Read {
        path: path.to_owned(),
        source,
    };
    let mut file = File::open(path).map_err(failed)?;
    let meta = file.metadata().map_err(failed)?;
    let mut hasher = Hasher::default();
    let mut buffer = vec![0; 1 << 20];
    let mut bytes = 0;
    loop {
        let read = file.read(&mut buffer).map_err(failed)?;
        if read == 0 {
            break;
        }
        bytes += read as u64;
        hasher.update(&buffer[..read]);
    }
    Ok(Fingerprint {
        path: path.to_owned(),
        digest: hasher.finish(),
        bytes,
        modified: meta.modified().ok(),
    })
}

impl Fingerprint {
    /// Fails if the file is no longer what it was.
    pub fn unchanged(&self) -> Result<(), Error> {
        let changed = || Error::Changed {
            path: self.path.clone(),
        };
        let meta = fs::metadata(&self.path).map_err(|_| changed())?;
        if meta.len() == self.bytes && meta.modified().ok() == self.modified {
            Ok(())
        } else {
            Err(changed())
        }
    }
}
