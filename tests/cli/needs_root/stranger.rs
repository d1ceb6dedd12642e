//! Another user of the machine (T6, T8).

use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use lamplighter_core::report::Code;
use lamplighter_core::text::Lang;
use lamplighter_engine::api::{Limits, Server};

use crate::fake::Fake;
use crate::world::{Ran, World, socket};

/// A user that is not us: every system has one with this number or can do without.
const OTHER: u32 = 65_534;

fn open_to_all(path: &Path) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o777)).expect("it is ours");
}

/// A copy of `lamp` that others may run, whatever folder the build is in.
fn lamp_for_others(home: &Path) -> PathBuf {
    let copy = home.join("lamp");
    std::fs::copy(env!("CARGO_BIN_EXE_lamp"), &copy).expect("it was built");
    open_to_all(&copy);
    copy
}

fn as_other(program: &Path, args: &[&str]) -> Command {
    let mut command = Command::new("setpriv");
    command.arg(format!("--reuid={OTHER}")).arg("--clear-groups").arg(program).args(args);
    command.env_clear().env("PATH", "/usr/bin:/bin").current_dir("/");
    command
}

#[test]
#[ignore = "needs root: a stage of `cargo xtask test`"]
fn t06_another_user_is_closed_with_0_bytes_even_if_the_folder_lets_it_in() {
    let world = World::new(Fake::new());
    for path in [world.home.path(), world.socket().parent().unwrap(), &world.socket()] {
        open_to_all(path);
    }
    let script = "import socket,sys\ns=socket.socket(socket.AF_UNIX)\ns.connect(sys.argv[1])\n\
        try:\n s.sendall(b'GET /v1/accounts HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\n\\r\\n')\n b=s.recv(9)\n\
        except OSError: b=b''\nprint(len(b))";
    let path = world.socket();
    let args = ["-c", script, path.to_str().unwrap()];
    let ran = Ran::from(as_other(Path::new("python3"), &args).output().expect("setpriv and python3"));
    assert_eq!((ran.out.as_str(), ran.exit), ("0\n", 0), "{}", ran.err);
    assert_eq!(world.fake.words(), Vec::<String>::new());
    assert_eq!(world.lamp(&["list"]).exit, 0, "we are still served");
}

#[test]
#[ignore = "needs root: a stage of `cargo xtask test`"]
fn t08_lamp_sends_nothing_to_another_users_server_and_says_whose_it_is() {
    let world = World::new(Fake::new());
    for path in [world.home.path(), world.socket().parent().unwrap(), &world.socket()] {
        open_to_all(path);
    }
    let lamp = lamp_for_others(world.home.path());
    for args in [&["token", "a"][..], &["list"]] {
        let ran = as_other(&lamp, args).env("LAMPLIGHTER_HOME", world.home.path()).output();
        let ran = Ran::from(ran.expect("setpriv"));
        assert_eq!((ran.exit, ran.out.as_str()), (Code::AddressTaken.exit().into(), ""), "{ran:?}");
        assert!(ran.err.contains("root (uid 0)") && ran.err.contains("Nothing was sent"), "{}", ran.err);
    }
    assert_eq!(world.fake.words(), Vec::<String>::new());
}

#[test]
#[ignore = "needs root: a stage of `cargo xtask test`"]
fn t08_a_squatted_folder_or_socket_is_refused_and_its_owner_named() {
    let home = tempfile::tempdir().unwrap();
    let path = socket(home.path());
    let folder = path.parent().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let _inside = runtime.enter();
    let start = || Server::start(&path, Arc::new(Fake::new()), Limits::default(), Lang::En).err();

    std::fs::create_dir(folder).unwrap();
    chown(folder, Some(OTHER), None).unwrap();
    let refused = start().expect("the folder is another's");
    assert!(matches!(refused.code, Code::NotAllowed | Code::AddressTaken), "{refused:?}");
    assert!(refused.what.contains("nobody"), "{refused:?}");

    chown(folder, Some(0), None).unwrap();
    drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
    chown(&path, Some(OTHER), None).unwrap();
    let refused = start().expect("the socket is another's");
    assert_eq!(refused.code, Code::AddressTaken);
    assert!(refused.what.contains("nobody (uid 65534)") && path.exists(), "{refused:?}");

    std::fs::remove_file(&path).unwrap();
    std::fs::remove_dir(folder).unwrap();
    std::os::unix::fs::symlink("/tmp", folder).unwrap();
    let refused = start().expect("the folder is a link");
    assert!(refused.what.contains("symbolic link"), "{refused:?}");
}
