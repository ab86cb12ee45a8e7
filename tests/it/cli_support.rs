//! The binary, as a person would run it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

/// A file of the shared real data, or `None` (with a printed line) where that folder is absent.
pub fn shared(path: &str) -> Option<PathBuf> {
    let full = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../shared")
        .join(path);
    if full.exists() {
        Some(full)
    } else {
        println!("skipped: {path} is not there; the synthetic twin runs instead");
        None
    }
}

/// A file of the project.
pub fn ours(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Runs `probant` in the workspace `root`, in English.
pub fn probant(root: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_probant"))
        .arg("--workspace")
        .arg(root)
        .args(["--lang", "en"])
        .args(arguments)
        .output()
        .expect("the binary starts")
}

/// The same, which must succeed; its JSON.
pub fn json(root: &Path, arguments: &[&str]) -> Value {
    let arguments: Vec<&str> = arguments.iter().copied().chain(["--json"]).collect();
    let output = probant(root, &arguments);
    assert!(
        output.status.success(),
        "{arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).expect("one JSON document on stdout")
}

/// A workspace under this policy.
pub fn workspace(policy: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let output = probant(folder.path(), &["init"]);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    std::fs::write(folder.path().join("probant.toml"), policy).expect("the policy is written");
    folder
}
