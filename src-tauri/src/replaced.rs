//! The app's own file: where it is, and whether another version lies there by now.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What the system writes behind the path of a program whose file is gone.
const GONE: &str = " (deleted)";

/// Where the app is to be found the next time: what started it, if that was an AppImage, else its own file.
///
/// # Errors
/// If the system does not tell.
pub fn own_path() -> io::Result<PathBuf> {
    let running = std::env::current_exe()?;
    let image = image(&running, std::env::var_os("APPIMAGE"), std::env::var_os("APPDIR"));
    Ok(image.unwrap_or_else(|| without_mark(&running).unwrap_or(running)))
}

/// Whether there is another file in place of the one that runs: an update. Without one there is nothing to start.
pub fn is_replaced() -> bool {
    let path = std::env::current_exe().ok().and_then(|running| without_mark(&running));
    path.is_some_and(|path| path.is_file())
}

/// Starts what lies there by now in place of this process.
///
/// # Errors
/// If it cannot be started; else it does not return.
pub fn restart() -> io::Error {
    let mut command = match own_path() {
        Ok(path) => Command::new(path),
        Err(error) => return error,
    };
    #[cfg(unix)]
    {
        use std::os::unix::process::CommandExt as _;
        command.exec()
    }
    #[cfg(not(unix))]
    match command.spawn() {
        Ok(_) => std::process::exit(0),
        Err(error) => error,
    }
}

/// The image that `running` lies in. The variables alone do not say so: a program that was started by another one's
/// AppImage has them too.
fn image(running: &Path, image: Option<OsString>, mounted: Option<OsString>) -> Option<PathBuf> {
    let image = image.map(PathBuf::from).filter(|image| image.is_absolute())?;
    let mounted = mounted.map(PathBuf::from).filter(|mounted| mounted.is_absolute())?;
    running.starts_with(mounted).then_some(image)
}

fn without_mark(running: &Path) -> Option<PathBuf> {
    let name = running.file_name()?.to_str()?.strip_suffix(GONE)?;
    Some(running.with_file_name(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(unix)]
    fn m6_an_image_counts_only_for_the_program_that_lies_in_it() {
        let own = Path::new("/tmp/.mount_lamp/usr/bin/lamplighter");
        let of = |path: &str| Some(OsString::from(path));
        let lamp = || of("/home/ana/Lamplighter.AppImage");
        assert_eq!(image(own, lamp(), of("/tmp/.mount_lamp")), Some("/home/ana/Lamplighter.AppImage".into()));
        assert_eq!(image(own, of("/opt/terminal.AppImage"), of("/tmp/.mount_term")), None);
        assert_eq!(image(own, of("/opt/terminal.AppImage"), None), None);
        assert_eq!(image(own, of("relative"), of("/tmp/.mount_lamp")), None);
        assert_eq!(image(own, None, of("/tmp/.mount_lamp")), None);
    }

    #[test]
    fn a_file_that_was_replaced_is_looked_for_by_its_old_name() {
        assert_eq!(without_mark(Path::new("/a b/lamplighter (deleted)")), Some("/a b/lamplighter".into()));
        assert_eq!(without_mark(Path::new("/a/lamplighter")), None);
        assert!(!is_replaced(), "nobody replaced this test");
    }
}
