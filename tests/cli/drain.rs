//! How a server ends, and how the next one begins.

#[cfg(unix)]
use std::os::unix::fs::PermissionsExt as _;
#[cfg(unix)]
use std::os::unix::net::UnixListener;
use std::sync::Arc;
use std::time::Duration;

use lamplighter_core::report::Code;
use lamplighter_core::text::Lang;
use lamplighter_engine::api::{Client, Limits, Server, Trouble};
use tokio::sync::Notify;

use crate::fake::Fake;
use crate::world::{PATIENCE, Ran, World, start};

#[test]
fn a_call_under_way_is_finished_before_the_server_ends() {
    let gate = Arc::new(Notify::new());
    let mut world = World::new(Fake::new().gated(&gate));
    let lamp = start(world.command(&["token", "a"]));
    world.block_on(world.fake.at_gate.notified());
    let stopped = world.stop(PATIENCE);
    let client = Client::new(world.socket(), Lang::En);
    // The socket goes first: whoever comes now finds nobody.
    while !matches!(client.knock(), Err(Trouble::Nobody)) {
        std::thread::yield_now();
    }
    assert!(!stopped.is_finished());
    gate.notify_one();
    assert_eq!(Ran::from(lamp.wait_with_output().unwrap()).out, "t-1\n");
    world.block_on(stopped).expect("it ends");
}

#[test]
fn a_call_that_never_ends_does_not_hold_the_server() {
    let gate = Arc::new(Notify::new());
    let mut world = World::new(Fake::new().gated(&gate));
    let mut lamp = start(world.command(&["token", "a"]));
    world.block_on(world.fake.at_gate.notified());
    let stopped = world.stop(Duration::from_millis(50));
    world.block_on(stopped).expect("it ends");
    lamp.kill().expect("it still waits, or looks for another engine");
    lamp.wait().expect("it was started");
}

#[cfg(unix)]
#[test]
fn socket_and_folder_are_for_the_owner_only() {
    let world = World::new(Fake::new());
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&world.socket()), mode(world.socket().parent().unwrap())), (0o600, 0o700));
}

#[cfg(unix)]
#[test]
fn a_stale_socket_is_replaced_and_a_living_one_is_not() {
    let mut world = World::new(Fake::new());
    let again = |world: &World| {
        world.block_on(async {
            Server::start(&world.socket(), Arc::new(Fake::new()), Limits::default(), Lang::En)
        })
    };
    let refused = again(&world).err().expect("the first one still listens");
    assert_eq!(refused.code, Code::AddressTaken);
    let stopped = world.stop(PATIENCE);
    world.block_on(stopped).expect("it ends");
    assert!(!world.socket().exists(), "a server that ends takes its file away");

    drop(UnixListener::bind(world.socket()).expect("as a holder that was killed"));
    assert!(world.socket().exists());
    let server = again(&world).map_err(|notice| notice.what).expect("nobody listens there");
    assert!(Client::new(world.socket(), Lang::En).knock().is_ok());
    world.block_on(server.stop(PATIENCE));
}

#[cfg(unix)]
#[test]
fn t08_what_is_no_socket_is_never_removed() {
    let home = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let _inside = runtime.enter();
    let path = crate::world::socket(home.path());
    std::fs::create_dir(path.parent().unwrap()).unwrap();
    std::fs::write(&path, "precious").unwrap();
    let refused =
        Server::start(&path, Arc::new(Fake::new()), Limits::default(), Lang::En).err().expect("refused");
    assert_eq!(refused.code, Code::AddressTaken);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "precious");

    std::fs::remove_file(&path).unwrap();
    let elsewhere = home.path().join("elsewhere");
    std::os::unix::fs::symlink(&elsewhere, &path).unwrap();
    let refused =
        Server::start(&path, Arc::new(Fake::new()), Limits::default(), Lang::En).err().expect("refused");
    assert_eq!((refused.code, elsewhere.exists()), (Code::AddressTaken, false));
}

#[test]
fn a_home_deeper_than_a_socket_address_still_works() {
    let home = tempfile::tempdir().unwrap();
    let deep = home.path().join("a".repeat(80)).join("b".repeat(80)).join("api.sock");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let server = {
        let _inside = runtime.enter();
        Server::start(&deep, Arc::new(Fake::new()), Limits::default(), Lang::En).map_err(|notice| notice.what)
    };
    let server = server.expect("it listens");
    let token = Client::new(&deep, Lang::En)
        .token("a", &Default::default())
        .map_err(|_| "no token")
        .expect("a token");
    assert_eq!(token.value.expose_str(), Some("t-1"));
    runtime.block_on(server.stop(PATIENCE));
    assert!(!deep.exists());
}

#[cfg(windows)]
#[test]
fn t08_a_pipe_that_somebody_serves_is_served_by_nobody_else() {
    let mut world = World::new(Fake::new());
    let again = |world: &World| {
        world.block_on(async {
            Server::start(&world.socket(), Arc::new(Fake::new()), Limits::default(), Lang::En)
        })
    };
    let refused = again(&world).err().expect("the first one still listens");
    assert_eq!(refused.code, Code::AddressTaken);
    let stopped = world.stop(PATIENCE);
    world.block_on(stopped).expect("it ends");
    let server = again(&world).map_err(|notice| notice.what).expect("the pipe went with its server");
    assert!(Client::new(world.socket(), Lang::En).knock().is_ok());
    world.block_on(server.stop(PATIENCE));
}
