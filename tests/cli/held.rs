//! An engine that is not where it is looked for first, or that does not answer.

use lamplighter_core::text::Lang;
use lamplighter_engine::lock::{EngineLock, Holder, HolderInfo};
use lamplighter_engine::paths::{Env, Paths};

use crate::fake::Fake;
use crate::world::{Ran, World, lamp, start};

fn paths(home: &std::path::Path) -> Paths {
    let env = Env { root: Some(home.to_owned()), ..Env::default() };
    let paths = Paths::resolve(&env, Lang::En).map_err(|notice| notice.what).expect("a root is enough");
    paths.create(Lang::En).map_err(|notice| notice.what).expect("it is ours");
    paths
}

#[test]
fn the_engine_of_another_session_is_found_by_what_the_locks_holder_wrote() {
    let elsewhere = World::new(Fake::new());
    let home = tempfile::tempdir().unwrap();
    let info = HolderInfo { holder: Holder::Desktop, pid: std::process::id(), socket: elsewhere.socket() };
    let file = paths(home.path()).data.join("lock.holder");
    std::fs::write(file, serde_json::to_vec(&info).unwrap()).unwrap();
    for (args, out) in [(&["token", "a"][..], "t-1\n"), (&["secret", "list", "a"], "client_secret\n")] {
        let ran = Ran::from(start(lamp(home.path(), args)).wait_with_output().unwrap());
        assert_eq!((ran.exit, ran.out.as_str()), (0, out), "{}", ran.err);
    }
}

#[test]
fn f49_a_holder_that_does_not_answer_is_named_and_waited_for_only_so_long() {
    let home = tempfile::tempdir().unwrap();
    let paths = paths(home.path());
    let _held = EngineLock::acquire(&paths, Holder::Desktop).expect("nobody has it");
    let ran = Ran::from(start(lamp(home.path(), &["list", "--json"])).wait_with_output().unwrap());
    assert_eq!(ran.exit, 6, "{ran:?}");
    assert!(ran.out.contains("\"code\":\"busy\""), "{ran:?}");
    assert!(ran.out.contains(&format!("process {}", std::process::id())), "{ran:?}");
}
