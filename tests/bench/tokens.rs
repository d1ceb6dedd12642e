//! `lamp token` as a whole process, beside the programs that other keepers of tokens have for it.

use std::path::Path;

use super::Done;
use super::figures::Times;
use super::peers::{ACCOUNT, Peer};
use super::process::timed;
use super::table::Row;
use super::world::World;

/// How often each is started.
const STARTS: usize = 500;
/// How often before that, so that everything is in memory.
const WARM_UP: usize = 20;

/// In turns, so that what else the machine does meets all alike.
///
/// # Errors
/// If one of them fails.
pub fn measure(world: &World, home: &Path, peers: &[(&str, &Done<Peer>)]) -> Done<Vec<Row>> {
    let mut ours = Times::default();
    let mut nothing = Times::default();
    let mut theirs: Vec<Times> = peers.iter().map(|_| Times::default()).collect();
    for run in 0..WARM_UP + STARTS {
        let add = |times: &mut Times, took| {
            if run >= WARM_UP {
                times.add(took);
            }
        };
        add(&mut ours, timed(world.ours("lamp", home).args(["token", ACCOUNT]))?);
        for ((_, peer), times) in peers.iter().zip(&mut theirs) {
            if let Ok(peer) = peer {
                add(times, timed(&mut peer.ask(world))?);
            }
        }
        add(&mut nothing, timed(&mut world.desktop.command("/bin/true"))?);
    }
    let what = "`lamp token`, a whole process";
    let mut rows: Vec<Row> = peers
        .iter()
        .zip(&theirs)
        .map(|((name, peer), times)| {
            let times = peer.as_ref().map(|_| times).map_err(String::as_str);
            Row::times(what, &ours, name, times, 1.0)
        })
        .collect();
    let floor = Row::times(what, &ours, "`true`, which does nothing", Ok(&nothing), 1.0);
    rows.push(Row { bar: "–".to_owned(), met: None, ..floor });
    Ok(rows)
}
