//! What is left in the memory of `lamp serve` (T21). It is closed to everybody but root, so root looks.

use std::collections::BTreeMap;
use std::fs::File;
use std::os::unix::fs::FileExt as _;

use testkit::practice::Issued;
use testkit::scan::Scan;

use crate::bad_input::rig::{Rig, until};
use crate::serve::server::Served;

/// How much is read at once; neighbouring pieces share more than the longest form of a secret.
const PIECE: u64 = 4 * 1024 * 1024;
const SHARED: u64 = 16 * 1024;

/// Every place in the memory of `pid` where one of `secrets` is, in any form: how often each kind was found where.
fn found(pid: u32, secrets: &[Issued]) -> BTreeMap<String, usize> {
    let scan = Scan::new(secrets);
    let mut hits = BTreeMap::new();
    for (from, to, name) in regions(pid) {
        let memory = File::open(format!("/proc/{pid}/mem")).expect("root may");
        let mut at = from;
        while at < to {
            let length = (to - at).min(PIECE);
            let mut bytes = vec![0; usize::try_from(length).expect("small")];
            // A page that was never touched, or is gone meanwhile, holds nothing.
            if memory.read_exact_at(&mut bytes, at).is_ok() {
                for finding in scan.bytes(&name, &bytes) {
                    *hits
                        .entry(format!("{} ({}) in {}", finding.kind, finding.form, finding.place))
                        .or_default() += 1;
                }
            }
            at += if length == PIECE { PIECE - SHARED } else { length };
        }
    }
    hits
}

/// What can be written: heap, stacks, data; a program's code holds no secret.
fn regions(pid: u32) -> Vec<(u64, u64, String)> {
    let maps = std::fs::read_to_string(format!("/proc/{pid}/maps")).expect("root may");
    let region = |line: &str| {
        let mut words = line.split_whitespace();
        let (from, to) = words.next()?.split_once('-')?;
        let rights = words.next()?;
        let name = words.nth(3).unwrap_or("anonymous").to_owned();
        let number = |text| u64::from_str_radix(text, 16).ok();
        rights.starts_with("rw").then_some((number(from)?, number(to)?, name))
    };
    maps.lines().filter_map(region).collect()
}

/// Those that the service gave out, or was told at the login.
fn of_kinds(rig: &Rig, kinds: &[&str]) -> Vec<Issued> {
    let all = rig.site.secrets().into_iter();
    all.filter(|issued| kinds.iter().any(|kind| issued.kind.contains(kind))).collect()
}

#[test]
#[ignore = "needs root: a stage of `cargo xtask test`"]
fn t21_after_a_logout_no_canary_is_left_in_the_memory_of_serve() {
    let rig = Rig::new();
    let served = Served::start(&rig);
    assert_eq!(rig.log_in("practice-json", "work").exit, 0);
    for _ in 0..3 {
        assert_eq!(rig.lamp(&["refresh", "work", "--force"]).exit, 0);
        let token = rig.lamp(&["token", "work", "--header"]);
        assert!(token.exit == 0 && token.out.starts_with("Authorization: Bearer "), "{token:?}");
    }
    let tokens = of_kinds(&rig, &["token", "refresh"]);
    assert!(tokens.len() >= 8, "a login and three refreshes: {}", tokens.len());
    let held = found(served.pid(), &tokens);
    assert!(!held.is_empty(), "a login that is kept is somewhere: this is a way to find it");

    assert_eq!(rig.lamp(&["logout", "work"]).exit, 0);
    assert_eq!(rig.lamp(&["list"]).exit, 0);
    let everything = rig.site.secrets();
    let mut left = BTreeMap::new();
    // What a task was still holding when the answer came is let go in a moment.
    let is_clean = testkit::wait::until_true(crate::world::PATIENCE, || {
        left = found(served.pid(), &everything);
        left.is_empty()
    });
    assert!(is_clean, "left after the logout: {left:#?}\nbefore: {held:#?}");
    assert_eq!(served.terminated().0, Some(0));
}

/// What was typed at the login, and what earlier generations were, are gone long before the logout.
#[test]
#[ignore = "needs root: a stage of `cargo xtask test`"]
fn t21_passwords_and_spent_tokens_are_not_kept_in_the_memory_of_serve() {
    let rig = Rig::new();
    let served = Served::start(&rig);
    assert_eq!(rig.log_in("practice-json", "work").exit, 0);
    let spent = of_kinds(&rig, &["token", "refresh"]);
    let typed = of_kinds(&rig, &["password"]);
    assert!(!spent.is_empty() && !typed.is_empty());
    // The last proven generation is kept beside the newest one until a probe has passed.
    for _ in 0..3 {
        assert_eq!(rig.lamp(&["refresh", "work", "--force"]).exit, 0);
    }
    let mut left = BTreeMap::new();
    until("they are gone", || {
        left = found(served.pid(), &[spent.as_slice(), &typed].concat());
        left.is_empty() || {
            eprintln!("{left:#?}");
            false
        }
    });
    assert_eq!(served.terminated().0, Some(0));
}
