//! What an engine did, step by step, written to a file before and after each: so that it is known when the process
//! is gone.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use lamplighter_core::account::Job;
use lamplighter_core::journal::Entry;
use lamplighter_core::refresh::{Appended, Effect, Input};
use lamplighter_engine::start::{Observed, Observer};

/// The file's name in a home.
const FILE: &str = "steps.log";

/// Where the request goes that spends.
const SPENDING: &str = "/api/auth/refresh";

/// Writes all steps to the file in `home`, then calls `also` with them.
pub fn observer(home: &Path, also: impl Fn(&Observed<'_>) + Send + Sync + 'static) -> Observer {
    let file = OpenOptions::new().create(true).append(true).open(home.join(FILE)).expect("a file");
    let state = Mutex::new((file, String::new()));
    Arc::new(move |observed| {
        {
            let mut state = state.lock().expect("nobody panicked");
            if let Observed::Before(job, effect) = &observed {
                state.1 = name(*job, effect);
            }
            let line = match &observed {
                Observed::Before(..) => format!("before {}\n", state.1),
                Observed::After(_, Input::Exchanged(exchange)) => {
                    let got = exchange.reply.as_ref().map_or(0, |reply| reply.status);
                    format!("got {got}\nafter {}\n", state.1)
                }
                Observed::After(..) => format!("after {}\n", state.1),
            };
            state.0.write_all(line.as_bytes()).expect("a line");
        }
        also(&observed);
    })
}

fn name(job: Job, effect: &Effect) -> String {
    match effect {
        Effect::Load => "load".to_owned(),
        Effect::ReadJournal { .. } => "read journal".to_owned(),
        Effect::CreateJournal { .. } => "create journal".to_owned(),
        Effect::Append { what: Appended::Mark, entry } => match Entry::decode(entry) {
            Some(Entry::Mark(mark)) if mark.replays > 0 => "mark of a replay".to_owned(),
            Some(Entry::Mark(_)) if matches!(job, Job::Confirm(_)) => "mark of a confirmation".to_owned(),
            _ => "mark".to_owned(),
        },
        Effect::Append { what: Appended::Answer, .. } => "seal reply".to_owned(),
        Effect::Append { what, .. } => format!("{what:?}").to_lowercase(),
        Effect::Sweep { .. } => "sweep".to_owned(),
        Effect::Send(request) if request.url.path() == SPENDING => "spend".to_owned(),
        Effect::Send(request) => format!("send {}", request.url.path()),
        Effect::Browse(_) => "browse".to_owned(),
        Effect::Save { .. } => "save".to_owned(),
        Effect::Delete => "delete".to_owned(),
        Effect::SetAside => "set aside".to_owned(),
        Effect::Publish(_) => "publish".to_owned(),
        Effect::HostCheck { .. } => "check host".to_owned(),
        Effect::WaitUntil(_) => "wait".to_owned(),
        Effect::Done(_) => "done".to_owned(),
    }
}

/// What was written.
pub struct Steps(Vec<String>);

impl Steps {
    pub fn of(home: &Path) -> Self {
        let path: PathBuf = home.join(FILE);
        Self(std::fs::read_to_string(path).unwrap_or_default().lines().map(str::to_owned).collect())
    }

    /// The last thing that was done.
    pub fn last(&self) -> &str {
        self.0.last().map_or("nothing", String::as_str)
    }

    pub fn count(&self, line: &str) -> usize {
        self.0.iter().filter(|step| *step == line).count()
    }

    /// Marks that were certainly on the disk before the first of a replay.
    pub fn marks_before_replay(&self) -> usize {
        let before = self.0.iter().take_while(|step| *step != "after mark of a replay");
        before.filter(|step| *step == "after mark").count()
    }

    /// Marks of any kind that were certainly on the disk.
    pub fn marks(&self) -> usize {
        self.0.iter().filter(|step| step.starts_with("after mark")).count()
    }
}
