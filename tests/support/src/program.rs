//! Where the programs under test are.

use std::path::PathBuf;

/// The program `name` (`lamp`, `lamplighter`, `practice`) of the build that the running test belongs to.
///
/// Found beside the test's own executable, so that it also works where everything was copied for another user.
///
/// # Panics
/// If it was not built: `cargo xtask test` and `cargo build --workspace` do that.
pub fn program(name: &str) -> PathBuf {
    let own = std::env::current_exe().expect("a running program has an executable");
    let places = own.ancestors().skip(1).take(2).map(|folder| folder.join(name));
    let mut found = places.filter(|path| path.is_file());
    found.next().unwrap_or_else(|| panic!("{name} is not built: cargo build --workspace --bins"))
}
