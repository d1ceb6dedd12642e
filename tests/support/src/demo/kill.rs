//! `--kill`: at every point of the demo the app, or the login window, is killed with -9 and started again, and
//! nothing may be lost.

use std::collections::BTreeSet;
use std::time::Duration;

use testkit::{processes, wait};

use crate::world::{ACCOUNT, World};

/// Longest that helpers may outlive the app.
const GONE: Duration = Duration::from_secs(15);

/// Who is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Victim {
    /// The tray app.
    App,
    /// The login window.
    Child,
}

/// Why a step did not come to its end.
pub enum Again {
    /// Somebody was killed: the app runs again, the step is to be done again.
    Killed,
    /// It went wrong.
    Failed(String),
}

impl Again {
    /// It went wrong.
    pub fn failed(why: &str) -> Self {
        Self::Failed(why.to_owned())
    }

    /// It went wrong, as an error says.
    pub fn error(error: std::io::Error) -> Self {
        Self::Failed(error.to_string())
    }
}

/// Which points were done.
pub struct Killer {
    on: bool,
    done: BTreeSet<(String, Victim)>,
}

impl Killer {
    /// One that kills, or never does.
    pub fn new(on: bool) -> Self {
        Self { on, done: BTreeSet::new() }
    }

    /// Whether it kills.
    pub fn is_on(&self) -> bool {
        self.on
    }

    /// Whether it will kill at this point.
    pub fn will(&self, name: &str, victim: Victim) -> bool {
        self.on && !self.done.contains(&(name.to_owned(), victim))
    }

    /// How often it did.
    pub fn count(&self) -> usize {
        self.done.len()
    }
}

/// What the person had before somebody was killed.
struct Had {
    accounts: usize,
    generation: u64,
    had_token: bool,
}

impl World {
    /// A point at which `victim` is killed once, if that is asked for. The step then begins anew.
    ///
    /// # Errors
    /// [`Again::Killed`] if it was, [`Again::Failed`] if something was lost.
    pub fn kill_point(&mut self, name: &str, victim: Victim) -> Result<(), Again> {
        if !self.killer.on || !self.killer.done.insert((name.to_owned(), victim)) {
            return Ok(());
        }
        println!("          kill  {victim:?} at “{name}”");
        let had = self.had();
        match victim {
            Victim::Child => self.kill_child()?,
            Victim::App => self.kill_app()?,
        }
        self.lost_nothing(&had)?;
        Err(Again::Killed)
    }

    fn kill_child(&mut self) -> Result<(), Again> {
        let Some(pid) = self.login_child() else {
            return Err(Again::failed("there is no login window to kill"));
        };
        kill(pid);
        self.end_login();
        Ok(())
    }

    fn kill_app(&mut self) -> Result<(), Again> {
        let before = self.app_processes();
        if let Some(app) = &self.app {
            kill(app.pid());
        }
        self.app = None;
        self.end_login();
        // Helpers end by themselves: nothing of ours outlives the app.
        let left = || before.iter().filter_map(|pid| processes::name(*pid)).collect::<Vec<_>>();
        if !wait::until_true(GONE, || left().is_empty()) {
            return Err(Again::Failed(format!("outlived the app: {:?}", left())));
        }
        let (leaks, _) = self.scan();
        if let Some(leak) = leaks.first() {
            return Err(Again::Failed(format!("after the kill: {leak}")));
        }
        self.start_app().map_err(Again::Failed)
    }

    /// `lamp login` waits for a login that will not come.
    pub fn end_login(&mut self) {
        self.login = None;
    }

    fn had(&self) -> Had {
        let accounts = self.lamp(&["list"]);
        let status = self.lamp(&["status", ACCOUNT]);
        let accounts =
            crate::app::find(&accounts.json, "accounts").and_then(|list| list.as_array().map(Vec::len));
        let generation = crate::app::find(&status.json, "generation").and_then(serde_json::Value::as_u64);
        let good = self.stale_token().is_some_and(|token| self.site.owner_of(&token).is_some());
        Had { accounts: accounts.unwrap_or(0), generation: generation.unwrap_or(0), had_token: good }
    }

    /// The app reads what it has in the moments after it answers first: what is there then counts.
    fn lost_nothing(&self, had: &Had) -> Result<(), Again> {
        let there = || {
            let has = self.had();
            let material = has.accounts >= had.accounts && has.generation >= had.generation;
            let token =
                !had.had_token || has.had_token || self.standing() == "needs_you" || self.token().is_ok();
            (material && token).then_some(())
        };
        if wait::until_every(Duration::from_millis(500), GONE, there).is_some() {
            return Ok(());
        }
        let has = self.had();
        Err(Again::Failed(format!(
            "lost: {} accounts, generation {}, a good token: {} before; {}, {}, {} after",
            had.accounts, had.generation, had.had_token, has.accounts, has.generation, has.had_token
        )))
    }

    /// Whatever token there is, without a refresh.
    fn stale_token(&self) -> Option<String> {
        let said = self.lamp(&["token", ACCOUNT, "--stale"]);
        said.json["token"].as_str().map(str::to_owned)
    }
}

fn kill(pid: u32) {
    if let Some(pid) = i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw) {
        // Gone already is as good.
        _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
    }
}
