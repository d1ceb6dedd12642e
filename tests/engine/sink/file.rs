//! The file itself: mode, owner, links, limits, and what must not be written at all (F55, T19).

#[cfg(unix)]
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::PathBuf;

use lamplighter_engine::sink::{SinkError, identity};

use super::write;

struct Place {
    folder: tempfile::TempDir,
    path: PathBuf,
}

fn place(text: &str) -> Place {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join(".env");
    std::fs::write(&path, text).expect("file");
    Place { folder, path }
}

#[cfg(unix)]
#[test]
fn f55_the_mode_is_kept() {
    let place = place("T=old\n");
    for mode in [0o600, 0o640, 0o664, 0o700] {
        std::fs::set_permissions(&place.path, std::fs::Permissions::from_mode(mode)).expect("chmod");
        assert!(write(&place.path, &[("T", &format!("new{mode}"))]).expect("written").changed);
        assert_eq!(place.path.metadata().expect("metadata").permissions().mode() & 0o7777, mode);
    }
}

#[test]
fn a_new_file_is_for_its_owner_alone() {
    let place = place("");
    std::fs::remove_file(&place.path).expect("remove");
    assert_eq!(identity(&place.path), Ok(None));
    assert!(write(&place.path, &[("T", "new")]).expect("written").changed);
    assert_eq!(std::fs::read_to_string(&place.path).expect("file"), "T=new\n");
    #[cfg(unix)]
    assert_eq!(place.path.metadata().expect("metadata").permissions().mode() & 0o777, 0o600);
}

#[test]
fn what_is_there_already_is_not_written_again() {
    let place = place("T='same'\n");
    let before = identity(&place.path).expect("identity");
    assert!(before.is_some());
    assert!(!write(&place.path, &[("T", "same")]).expect("fine").changed);
    assert_eq!(identity(&place.path).expect("identity"), before, "the very same file");
    assert!(write(&place.path, &[("T", "other")]).expect("fine").changed);
    assert_ne!(identity(&place.path).expect("identity"), before, "replaced in one step, not written over");
}

#[cfg(unix)]
#[test]
fn t19_a_link_is_never_followed() {
    let place = place("T=old\n");
    let target = place.folder.path().join("target");
    std::fs::write(&target, "T=theirs\n").expect("target");
    std::fs::remove_file(&place.path).expect("remove");
    symlink(&target, &place.path).expect("link");
    assert_eq!(write(&place.path, &[("T", "new")]), Err(SinkError::Symlink));
    assert_eq!(identity(&place.path), Err(SinkError::Symlink));
    assert_eq!(std::fs::read_to_string(&target).expect("target"), "T=theirs\n");
    std::fs::remove_file(&place.path).expect("remove");
    symlink(place.folder.path().join("nowhere"), &place.path).expect("link");
    assert_eq!(
        write(&place.path, &[("T", "new")]),
        Err(SinkError::Symlink),
        "not even one that leads nowhere"
    );
}

#[test]
fn what_is_no_file_of_its_own_is_refused() {
    let place = place("T=old\n");
    let folder = place.folder.path();
    assert_eq!(write(folder, &[("T", "new")]), Err(SinkError::NotAFile));
    // macOS makes pipes in another way, and Windows knows none in folders.
    #[cfg(target_os = "linux")]
    {
        let pipe = folder.join("pipe");
        rustix::fs::mknodat(
            rustix::fs::CWD,
            &pipe,
            rustix::fs::FileType::Fifo,
            rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR,
            0,
        )
        .expect("pipe");
        assert_eq!(
            write(&pipe, &[("T", "new")]),
            Err(SinkError::NotAFile),
            "and it does not wait for a writer"
        );
    }
    std::fs::hard_link(&place.path, folder.join("second")).expect("link");
    assert_eq!(write(&place.path, &[("T", "new")]), Err(SinkError::HardLink));
    assert_eq!(write(&folder.join("no/such/.env"), &[("T", "new")]), Err(SinkError::NoFolder));
    assert_eq!(write(std::path::Path::new(".env"), &[("T", "new")]), Err(SinkError::BadPath));
}

#[test]
fn f55_a_read_only_file_is_meant_to_stay() {
    let place = place("T=old\n");
    let mut permissions = place.path.metadata().expect("metadata").permissions();
    permissions.set_readonly(true);
    std::fs::set_permissions(&place.path, permissions).expect("chmod");
    assert_eq!(write(&place.path, &[("T", "new")]), Err(SinkError::ReadOnly), "also for root");
    assert_eq!(std::fs::read_to_string(&place.path).expect("file"), "T=old\n");
}

#[test]
fn f55_ten_megabytes_are_the_limit() {
    let place = place("");
    let line = format!("A={}\n", "x".repeat(1021));
    let text = line.repeat(10 * 1024);
    assert_eq!(text.len(), 10 * 1024 * 1024);
    std::fs::write(&place.path, &text).expect("file");
    assert!(write(&place.path, &[("T", "new")]).expect("written").changed);
    assert_eq!(write(&place.path, &[("T", "newer")]), Err(SinkError::TooLarge), "it is larger now");
}

#[test]
fn readers_see_the_old_file_or_the_new_one_and_never_a_part() {
    let place = place("T=old\n");
    let path = place.path.clone();
    let (stop, stopped) = std::sync::mpsc::channel::<()>();
    let reader = std::thread::spawn(move || {
        let mut reads = 0;
        while stopped.try_recv() == Err(std::sync::mpsc::TryRecvError::Empty) {
            let text = std::fs::read_to_string(&path).expect("always there");
            assert!(text.starts_with("T=") && text.ends_with('\n') && text.lines().count() == 1, "{text:?}");
            reads += 1;
        }
        reads
    });
    for round in 0..200 {
        write(&place.path, &[("T", &"v".repeat(1 + round * 50))]).expect("written");
    }
    stop.send(()).expect("the reader is there");
    assert!(reader.join().expect("no torn read") > 0);
}
