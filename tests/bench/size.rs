//! How large what people install is.

use super::figures::short;
use super::table::Row;

/// The package that `LAMPLIGHTER_BENCH_DEB` names; `cargo xtask bench` finds it.
pub fn measure() -> Row {
    let what = "installed size: the `.deb`";
    let bar = "≤ 12 MB";
    let package = std::env::var_os("LAMPLIGHTER_BENCH_DEB").and_then(|path| std::fs::metadata(path).ok());
    match package {
        Some(package) => {
            let megabytes = package.len() as f64 / 1e6;
            Row::alone(what, format!("{} MB", short(megabytes)), bar, Some(megabytes <= 12.0))
        }
        None => Row::alone(what, "not built: cargo xtask package".to_owned(), bar, None),
    }
}
