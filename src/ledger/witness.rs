//! The witness: whoever remembers, on another machine, how long the log was and what it said.
//!
//! C2SP's `add-checkpoint` by file (<https://c2sp.org/tlog-witness>): the log asks with the size that
//! the witness cosigned last, a proof that nothing before it changed, and its new checkpoint. The
//! witness answers with a cosignature or not at all. Its decision is a function of what it
//! remembers; the caller makes the new memory durable *before* the answer leaves.

use super::cosignature::cosign;
use super::error::Error;
use super::key::SigningKey;
use super::note::{Checkpoint, Verifier, base64, is_origin, unbase64};
use super::text::{Lines, Reader, Sum};
use super::tree::{self, Hash};

/// The most lines that a consistency proof has.
const LONGEST: usize = 63;

/// What a log asks of its witness.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The size that the witness cosigned last, as the log believes; 0 for none.
    pub old: u64,
    /// The proof that the log of that size is a prefix of this one.
    pub proof: Vec<Hash>,
    /// The log's signed checkpoint.
    pub note: String,
}

impl Request {
    /// The request's text.
    #[must_use]
    pub fn text(&self) -> String {
        use std::fmt::Write as _;
        let mut text = format!("old {}\n", self.old);
        for hash in &self.proof {
            let _ = writeln!(text, "{}", base64(hash));
        }
        text + "\n" + &self.note
    }

    /// Reads a request, exactly as [`Request::text`] writes it.
    pub fn parse(bytes: &[u8]) -> Result<Self, Error> {
        let text = std::str::from_utf8(bytes).map_err(|_| Error::Witness("it is not UTF-8"))?;
        let (head, note) = text
            .split_once("\n\n")
            .ok_or(Error::Witness("no blank line before the checkpoint"))?;
        let mut lines = head.split('\n');
        let old = lines
            .next()
            .and_then(|line| line.strip_prefix("old "))
            .and_then(|size| size.parse().ok())
            .ok_or(Error::Witness("the first line is not `old SIZE`"))?;
        let proof = lines
            .map(|line| unbase64(line)?.try_into().ok())
            .collect::<Option<Vec<Hash>>>()
            .ok_or(Error::Witness("a line of the proof is not a hash"))?;
        if proof.len() > LONGEST {
            return Err(Error::Witness("the proof is too long"));
        }
        let request = Self {
            old,
            proof,
            note: note.to_owned(),
        };
        if !is_origin(request.origin()) {
            return Err(Error::Witness("its checkpoint names no log of ours"));
        }
        if request.text() == text {
            Ok(request)
        } else {
            Err(Error::Witness("it is not as the log writes it"))
        }
    }

    /// The origin of the checkpoint: a log's name, which nobody has vouched for yet.
    #[must_use]
    pub fn origin(&self) -> &str {
        self.note.lines().next().unwrap_or_default()
    }
}

/// What a witness remembers of a log: whose it is, and the largest tree of it that it cosigned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Memory {
    /// Who signs the log.
    pub log: Verifier,
    /// Entries.
    pub size: u64,
    /// The root over them.
    pub root: Hash,
}

impl Memory {
    /// The memory of a log of which nothing was seen but its key.
    #[must_use]
    pub fn of(log: Verifier) -> Self {
        Self {
            log,
            size: 0,
            root: tree::root(&[]),
        }
    }

    /// The text of its file.
    #[must_use]
    pub fn text(&self) -> String {
        let mut out = Lines::of("memory");
        out.line("log", self.log.text())
            .line("size", self.size)
            .line("root", Sum(self.root));
        out.0
    }

    /// Reads its file, exactly as [`Memory::text`] writes it.
    pub fn parse(bytes: &[u8]) -> Result<Self, Error> {
        let wrong = Error::Witness("the memory is not as it was written");
        let text = std::str::from_utf8(bytes).map_err(|_| wrong.clone())?;
        let mut from = Reader::of(text);
        from.next();
        let key: String = from.line("log")?;
        let memory = Self {
            log: Verifier::parse(&key)?,
            size: from.line("size")?,
            root: from.line::<Sum>("root")?.0,
        };
        from.end()?;
        if memory.text() == text {
            Ok(memory)
        } else {
            Err(wrong)
        }
    }
}

/// Why a witness does not cosign; its memory stays as it was.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The request is not one.
    #[error("the request does not hold together")]
    Malformed(#[source] Error),
    /// The witness has never seen this log, and nobody said what its key is.
    #[error("log `{origin}` is unknown to this witness")]
    Unknown {
        /// The log's name.
        origin: String,
    },
    /// The key that was named is not the one that the witness remembers.
    #[error("log `{origin}`: the witness remembers another key")]
    OtherKey {
        /// The log's name.
        origin: String,
    },
    /// The checkpoint is not signed by the log that the witness knows.
    #[error("the checkpoint is not signed by the log that this witness knows")]
    Unsigned(#[source] Error),
    /// The log has become shorter.
    #[error("the log shows {shown} entries, but this witness has seen {remembered}")]
    Older {
        /// Entries of the checkpoint.
        shown: u64,
        /// Entries of the largest one that was cosigned.
        remembered: u64,
    },
    /// The request starts from another size than the witness remembers.
    #[error("the request starts from {old} entries, but this witness remembers {remembered}")]
    OtherSize {
        /// What the request says.
        old: u64,
        /// What the witness remembers.
        remembered: u64,
    },
    /// What was cosigned is not the beginning of what is shown: there are two histories.
    #[error(
        "fork: the log of {shown} entries does not continue the {remembered} that this witness has seen"
    )]
    Fork {
        /// Entries of the checkpoint.
        shown: u64,
        /// Entries of the largest one that was cosigned.
        remembered: u64,
    },
}

impl Refusal {
    /// The exit code: 3 for what is no request, 4 for a log that does not verify.
    #[must_use]
    pub fn exit(&self) -> u8 {
        match self {
            Self::Malformed(_) => 3,
            _ => 4,
        }
    }

    /// What the person at the keyboard can do next.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Malformed(_) => {
                "ask the operator for the file again: `probant ledger anchor request --cosign FILE`"
                    .to_owned()
            }
            Self::Unknown { .. } => {
                "compare the log's key with the operator by telephone or on paper, then add `--log VKEY`"
                    .to_owned()
            }
            Self::OtherKey { .. } => {
                "a log never changes its key: ask the operator why, before anything else".to_owned()
            }
            Self::Unsigned(_) => {
                "do not cosign; ask the operator for the file again, and compare the log's key by telephone"
                    .to_owned()
            }
            Self::Older { .. } => {
                "do not cosign; ask the operator whether an old backup was restored, and keep this file"
                    .to_owned()
            }
            Self::OtherSize { remembered, .. } => format!(
                "the operator asks again with `probant ledger anchor request --cosign FILE --old {remembered}`"
            ),
            Self::Fork { .. } => {
                "do not cosign; keep this file: it proves that the log signed two histories"
                    .to_owned()
            }
        }
    }
}

/// What the witness grants: what it must remember first, and then the lines of its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Granted {
    /// To be durable before the answer leaves.
    pub memory: Memory,
    /// The cosignature's line, with its line feed.
    pub answer: String,
}

/// The witness's decision at `time`, in UTC seconds: `known` is what it remembers of the request's log.
pub fn consider(
    request: &Request,
    known: Option<&Memory>,
    time: u64,
    (name, key): (&str, &SigningKey),
) -> Result<Granted, Refusal> {
    let Some(memory) = known else {
        return Err(Refusal::Unknown {
            origin: request.origin().to_owned(),
        });
    };
    let shown =
        Checkpoint::open(request.note.as_bytes(), &memory.log).map_err(Refusal::Unsigned)?;
    let fork = Refusal::Fork {
        shown: shown.size,
        remembered: memory.size,
    };
    if shown.size < memory.size {
        return Err(Refusal::Older {
            shown: shown.size,
            remembered: memory.size,
        });
    }
    if request.old != memory.size {
        return Err(Refusal::OtherSize {
            old: request.old,
            remembered: memory.size,
        });
    }
    let continues = if memory.size == 0 {
        request.proof.is_empty()
    } else {
        tree::extends(
            &memory.root,
            memory.size,
            &shown.root,
            shown.size,
            &request.proof,
        )
    };
    if !continues {
        return Err(fork);
    }
    Ok(Granted {
        answer: cosign(&shown.text(), time, name, key),
        memory: Memory {
            log: memory.log.clone(),
            size: shown.size,
            root: shown.root,
        },
    })
}
