//! The `probant` command; everything it does lives in the library.

use std::env;
use std::io;
use std::process::ExitCode;

fn main() -> ExitCode {
    probant::cli::run(env::args_os(), &mut io::stdout(), &mut io::stderr()).into()
}
