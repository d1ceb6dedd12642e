//! One engine per profile, over processes (F49).

use std::fs;
#[cfg(unix)]
use std::process::{Command, Stdio};

use lamplighter_core::text::Lang;
use lamplighter_engine::lock::{EngineLock, Holder, HolderInfo, LockError, holder_of, network_file_system};
use lamplighter_engine::paths::{Env, Paths};

fn paths(root: &tempfile::TempDir) -> Paths {
    let env = Env { root: Some(root.path().to_owned()), ..Env::default() };
    let paths = Paths::resolve(&env, Lang::En).expect("a root is all it needs");
    paths.create(Lang::En).expect("can be made");
    paths
}

fn held_by(error: LockError) -> HolderInfo {
    match error {
        LockError::HeldBy(Some(info)) => info,
        other => panic!("not told who: {other}"),
    }
}

#[test]
fn i1_a_second_engine_is_told_who_the_first_is() {
    let root = tempfile::tempdir().expect("a folder");
    let paths = paths(&root);
    let first = EngineLock::acquire(&paths, Holder::Serve).expect("free");
    let told = held_by(EngineLock::acquire(&paths, Holder::Desktop).expect_err("held"));
    assert_eq!(told, HolderInfo { holder: Holder::Serve, pid: std::process::id(), socket: paths.socket() });
    drop(first);
    EngineLock::acquire(&paths, Holder::Desktop).expect("free again");
}

#[test]
fn i1_two_profiles_are_two_locks() {
    let root = tempfile::tempdir().expect("a folder");
    let other =
        Env { root: Some(root.path().to_owned()), profile: Some("work".to_owned()), ..Env::default() };
    let other = Paths::resolve(&other, Lang::En).expect("a name");
    other.create(Lang::En).expect("can be made");
    let _one = EngineLock::acquire(&paths(&root), Holder::Serve).expect("free");
    EngineLock::acquire(&other, Holder::Serve).expect("free, too");
}

#[cfg(unix)]
#[test]
fn f49_a_lock_file_that_was_deleted_or_replaced_is_noticed() {
    let root = tempfile::tempdir().expect("a folder");
    let paths = paths(&root);
    let lock = EngineLock::acquire(&paths, Holder::Serve).expect("free");
    assert!(lock.still_held());
    fs::remove_file(paths.lock()).expect("removed");
    assert!(!lock.still_held());
    let second = EngineLock::acquire(&paths, Holder::OneShot).expect("a new file is free");
    assert!(second.still_held());
    assert!(!lock.still_held(), "the first engine may not spend any more");
}

#[test]
fn f49_what_a_dead_holder_wrote_keeps_nobody_out() {
    let root = tempfile::tempdir().expect("a folder");
    let paths = paths(&root);
    fs::write(paths.data.join("lock.holder"), r#"{"holder":"serve","pid":1,"socket":"/nowhere"}"#)
        .expect("written");
    fs::write(paths.lock(), "").expect("written");
    EngineLock::acquire(&paths, Holder::Desktop).expect("nobody holds it");
    assert_eq!(holder_of(&paths).map(|info| info.holder), Some(Holder::Desktop));
}

#[cfg(unix)]
/// Another process that takes the lock with the system's own tool and keeps it until its input ends.
fn other_process(paths: &Paths) -> std::process::Child {
    use std::io::Read as _;
    let mut child = Command::new("flock")
        .args(["--exclusive", "--nonblock", "--no-fork"])
        .arg(paths.lock())
        .args(["sh", "-c", "echo locked; exec cat"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("util-linux is installed");
    let mut said = [0; 7];
    child.stdout.as_mut().expect("piped").read_exact(&mut said).expect("it says when it has it");
    let info = HolderInfo { holder: Holder::Serve, pid: child.id(), socket: paths.socket() };
    fs::write(paths.data.join("lock.holder"), serde_json::to_vec(&info).expect("plain")).expect("written");
    child
}

#[cfg(unix)]
#[test]
fn f49_a_killed_holder_frees_the_lock() {
    let root = tempfile::tempdir().expect("a folder");
    let paths = paths(&root);
    let mut child = other_process(&paths);
    let told = held_by(EngineLock::acquire(&paths, Holder::OneShot).expect_err("held"));
    assert_eq!(told.pid, child.id());
    assert!(!told.is_stopped());
    child.kill().expect("ours to kill");
    child.wait().expect("it ends");
    EngineLock::acquire(&paths, Holder::OneShot).expect("freed by the system");
}

#[cfg(unix)]
#[test]
fn f49_a_stopped_holder_is_named() {
    let root = tempfile::tempdir().expect("a folder");
    let paths = paths(&root);
    let mut child = other_process(&paths);
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::STOP).expect("ours to stop");
    let told = held_by(EngineLock::acquire(&paths, Holder::OneShot).expect_err("still held"));
    assert_eq!(told.pid, child.id());
    // The state changes when the signal is delivered, which is before the process runs again.
    assert!((0..10_000).any(|_| told.is_stopped()));
    child.kill().expect("ours to kill");
    child.wait().expect("it ends");
}

#[test]
fn f49_a_local_folder_is_no_network_file_system() {
    let root = tempfile::tempdir().expect("a folder");
    assert_eq!(network_file_system(root.path()), None);
}

#[cfg(unix)]
#[test]
fn t08_a_symbolic_link_in_the_locks_place_is_not_followed() {
    let root = tempfile::tempdir().expect("a folder");
    let paths = paths(&root);
    std::os::unix::fs::symlink(root.path().join("elsewhere"), paths.lock()).expect("linked");
    assert!(matches!(EngineLock::acquire(&paths, Holder::Serve), Err(LockError::Io(_))));
    assert!(!root.path().join("elsewhere").exists());
}

#[cfg(windows)]
#[test]
fn f49_nobody_can_take_the_lock_file_away() {
    let root = tempfile::tempdir().expect("a folder");
    let paths = paths(&root);
    let lock = EngineLock::acquire(&paths, Holder::Serve).expect("free");
    fs::remove_file(paths.lock()).expect_err("it is held");
    fs::rename(paths.lock(), root.path().join("elsewhere")).expect_err("it is held");
    assert!(lock.still_held());
    let told = held_by(EngineLock::acquire(&paths, Holder::Desktop).expect_err("held"));
    assert_eq!(told.holder, Holder::Serve);
}

#[cfg(target_os = "linux")]
#[test]
fn f49_network_file_systems_are_known_by_the_kernels_numbers() {
    use lamplighter_engine::lock::kind_of;
    // linux/magic.h: NFS, SMB2, 9P; then ext4, tmpfs, overlayfs.
    assert_eq!([0x6969, 0xfe53_4d42, 0x0102_1997].map(kind_of), [Some("NFS"), Some("SMB"), Some("9P")]);
    assert_eq!([0xef53, 0x0102_1994, 0x794c_7630].map(kind_of), [None; 3]);
}

#[tokio::test]
async fn f49_a_data_folder_on_a_network_is_warned_of_in_five_parts_and_stops_nothing() {
    use lamplighter_core::api::{Request, Response, Standing};
    use lamplighter_engine::Engine;
    use lamplighter_engine::api::Caller;
    use lamplighter_engine::start::Start;
    use lamplighter_engine::store::Stores;
    let root = tempfile::tempdir().expect("a folder");
    let mut start = Start::one_shot(Lang::En);
    start.env = Env { root: Some(root.path().to_owned()), network: Some("NFS"), ..Env::default() };
    start.store = Some(Stores::only(testkit::memory_store::MemoryStore::default()));
    let engine = Engine::start(start).await.expect("it starts");
    let data = root.path().join("data").display().to_string();
    for lang in [Lang::En, Lang::Fr] {
        let answer = engine.service().call(Caller::one_shot(1), Request::Engine, lang).await;
        let Ok(Response::Engine { engine }) = answer else { panic!("{answer:?}") };
        assert!(engine.notices.is_empty() && engine.standing == Standing::Fine, "{engine:?}");
        let [warning] = engine.warnings.as_slice() else { panic!("{:?}", engine.warnings) };
        assert!(warning.what.contains("(NFS)") && warning.what.contains(&data), "{warning:?}");
        assert!(warning.safe.is_some() && warning.next.is_some() && warning.cure.is_some(), "{warning:?}");
    }
    engine.stop().await;
}
