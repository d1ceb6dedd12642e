//! Prepares a folder for tests on real hosts: `hosts FOLDER`. Run by `cargo xtask test peers`.

use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let Some(folder) = std::env::args_os().nth(1) else {
        eprintln!("hosts FOLDER");
        return ExitCode::from(2);
    };
    match testkit::hosts::Hosts::prepare(Path::new(&folder)) {
        Ok(_) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("hosts: {error}");
            ExitCode::FAILURE
        }
    }
}
