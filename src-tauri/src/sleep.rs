//! The machine's sleep, as logind (org.freedesktop.login1) tells it: before it, what is on its way is finished, and after
//! it the clocks are looked at at once (F45). Elsewhere the clocks alone tell.

use std::time::Duration;

use lamplighter_engine::Bed;
use zbus::blocking::Proxy;
use zbus::blocking::connection::Builder;
use zbus::zvariant::OwnedFd;

use crate::bus;

/// Longest wait for an answer: whoever hangs must not make us deaf.
const ANSWER_WITHIN: Duration = Duration::from_secs(3);
const LOGIND: &str = "org.freedesktop.login1";
const PATH: &str = "/org/freedesktop/login1";
const MANAGER: &str = "org.freedesktop.login1.Manager";

/// Tells `bed`, from a thread of its own.
pub fn follow(bed: Bed) {
    let listening = std::thread::Builder::new().name("sleep".to_owned()).spawn(move || {
        for times in 0.. {
            let listened = listen(&bed);
            if times == 0 {
                tracing::info!(error = ?listened.err(), "no system bus that tells of sleep");
            }
            bus::pause();
        }
    });
    if let Err(error) = listening {
        tracing::warn!(%error, "no thread that hears of sleep");
    }
}

fn listen(bed: &Bed) -> zbus::Result<()> {
    let bus = Builder::system()?.method_timeout(ANSWER_WITHIN).build()?;
    let logind = Proxy::new(&bus, LOGIND, PATH, MANAGER)?;
    let tells = logind.receive_signal("PrepareForSleep")?;
    let mut held = hold_awake(&logind);
    for told in tells {
        if told.body().deserialize::<bool>()? {
            tracing::info!("the machine is about to sleep");
            bed.sleeps();
            // Now it may.
            drop(held.take());
        } else {
            tracing::info!("the machine woke");
            bed.woke();
            held = hold_awake(&logind);
        }
    }
    Ok(())
}

/// Has the machine wait for us before it sleeps, for the few seconds that its settings allow, as long as this is held.
fn hold_awake(logind: &Proxy<'_>) -> Option<OwnedFd> {
    let words = ("sleep", "Lamplighter", "Finishing what is on its way", "delay");
    let held = logind.call("Inhibit", &words);
    held.inspect_err(|error| tracing::info!(%error, "the machine does not wait for us before it sleeps")).ok()
}
