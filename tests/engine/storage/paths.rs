//! Where things lie, and whom a folder must belong to (T8).

use std::fs;
#[cfg(unix)]
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use lamplighter_core::report::Code;
use lamplighter_core::text::Lang;
use lamplighter_engine::paths::{Env, Paths};

pub fn rooted(root: &Path) -> Paths {
    Paths::resolve(&Env { root: Some(root.to_owned()), ..Env::default() }, Lang::En)
        .expect("a root is all it needs")
}

#[cfg(unix)]
fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("there").permissions().mode() & 0o777
}

#[test]
fn everything_lies_below_lamplighter_home() {
    let home = Path::new(if cfg!(windows) { r"C:\srv\lamp" } else { "/srv/lamp" });
    let paths = rooted(home);
    for path in [&paths.config, &paths.data, &paths.runtime, &paths.logs, &paths.lock(), &paths.socket()] {
        assert!(path.starts_with(home), "{}", path.display());
    }
}

#[cfg(target_os = "linux")]
#[test]
fn without_it_the_persons_own_folders_are_used_whatever_the_session_says() {
    let env = |runtime: Option<&str>, profile: Option<&str>| Env {
        home: Some(PathBuf::from("/home/ada")),
        runtime: runtime.map(PathBuf::from),
        profile: profile.map(str::to_owned),
        ..Env::default()
    };
    let desktop = Paths::resolve(&env(Some("/run/user/1000"), None), Lang::En).expect("a home");
    assert_eq!(desktop.config, Path::new("/home/ada/.config/lamplighter"));
    assert_eq!(desktop.lock(), Path::new("/home/ada/.local/share/lamplighter/lock"));
    assert_eq!(desktop.logs, Path::new("/home/ada/.local/state/lamplighter/logs"));
    assert_eq!(desktop.socket(), Path::new("/run/user/1000/lamplighter/api.sock"));
    let cron = Paths::resolve(&env(None, None), Lang::En).expect("a home");
    assert_eq!(cron.lock(), desktop.lock(), "cron and desktop share one lock");
    assert!(cron.socket().starts_with(&cron.data), "{}", cron.socket().display());
    let work = Paths::resolve(&env(None, Some("work")), Lang::En).expect("a home");
    assert_ne!(work.lock(), desktop.lock());
    assert_ne!(work.keychain, desktop.keychain);
}

#[cfg(target_os = "linux")]
#[test]
fn a_home_whose_path_is_no_text_is_named_as_that_and_a_root_of_ones_own_helps() {
    use std::os::unix::ffi::OsStrExt as _;
    let home = PathBuf::from(std::ffi::OsStr::from_bytes(b"/home/ad\xe9"));
    let env = Env { home: Some(home), ..Env::default() };
    for (lang, what) in [
        (Lang::En, "The path of your home folder is not UTF-8."),
        (Lang::Fr, "Le chemin de votre dossier personnel n’est pas en UTF-8."),
    ] {
        let notice = Paths::resolve(&env, lang).expect_err("refused");
        assert_eq!((notice.code, notice.what.as_str()), (Code::Usage, what));
        assert!(notice.cure.is_some_and(|cure| cure.contains("LAMPLIGHTER_HOME")));
    }
    Paths::resolve(&Env { root: Some(PathBuf::from("/srv/lamp")), ..env }, Lang::En)
        .expect("a root is enough");
}

#[test]
fn a_profile_cannot_leave_its_folder() {
    for name in ["../x", "a/b", "", ".", "UPPER", "a b"] {
        let env = Env { root: Some(PathBuf::from("/srv")), profile: Some(name.to_owned()), ..Env::default() };
        assert_eq!(Paths::resolve(&env, Lang::En).expect_err("refused").code, Code::Usage, "{name:?}");
    }
}

#[test]
fn no_home_says_what_to_do() {
    let french = Paths::resolve(&Env::default(), Lang::Fr).expect_err("no home");
    assert!(french.what.contains("dossier personnel"), "{}", french.what);
    let notice = Paths::resolve(&Env::default(), Lang::En).expect_err("no home");
    assert!(notice.cure.is_some_and(|cure| cure.contains("LAMPLIGHTER_HOME")));
}

#[cfg(unix)]
#[test]
fn t08_folders_are_made_for_their_owner_alone() {
    let root = tempfile::tempdir().expect("a folder");
    let paths = rooted(&root.path().join("new"));
    paths.create(Lang::En).expect("can be made");
    for folder in [&paths.config, &paths.data, &paths.runtime, &paths.logs, &paths.journals()] {
        assert_eq!(mode(folder), 0o700, "{}", folder.display());
    }
    paths.create(Lang::En).expect("a second time, too");
}

#[cfg(unix)]
#[test]
fn t08_a_folder_that_others_can_enter_is_closed() {
    let root = tempfile::tempdir().expect("a folder");
    let paths = rooted(root.path());
    fs::create_dir(&paths.runtime).expect("made");
    fs::set_permissions(&paths.runtime, fs::Permissions::from_mode(0o777)).expect("opened");
    paths.create(Lang::En).expect("ours, so it is closed and used");
    assert_eq!(mode(&paths.runtime), 0o700);
}

#[cfg(unix)]
#[test]
fn t08_a_linked_runtime_folder_is_refused_and_a_linked_configuration_is_not() {
    let root = tempfile::tempdir().expect("a folder");
    let dotfiles = root.path().join("dotfiles");
    fs::create_dir(&dotfiles).expect("made");
    let paths = rooted(root.path());
    symlink(&dotfiles, &paths.config).expect("linked");
    paths.create(Lang::En).expect("people keep their configuration elsewhere");
    fs::remove_dir(&paths.runtime).expect("removed");
    symlink(&dotfiles, &paths.runtime).expect("linked");
    let notice = paths.create(Lang::Fr).expect_err("somebody may be behind it");
    assert_eq!(notice.code, Code::NotAllowed);
    assert!(notice.what.contains("lien symbolique"), "{}", notice.what);
}

#[test]
fn f38_a_folder_that_cannot_be_made_is_the_disks_fault() {
    let root = tempfile::tempdir().expect("a folder");
    fs::write(root.path().join("file"), "").expect("written");
    let notice = rooted(&root.path().join("file")).create(Lang::En).expect_err("a file is in the way");
    assert_eq!(notice.code, Code::Disk);
    if cfg!(target_os = "linux") {
        let proc =
            rooted(Path::new("/proc/lamplighter")).create(Lang::En).expect_err("nothing can be made there");
        assert_eq!(proc.code, Code::Disk);
    }
}

#[cfg(unix)]
#[test]
fn a_socket_path_that_no_system_takes_is_said_beforehand() {
    let root = tempfile::tempdir().expect("a folder");
    let notice = rooted(&root.path().join("l".repeat(100))).create(Lang::En).expect_err("too long");
    assert_eq!(notice.code, Code::Usage);
}
