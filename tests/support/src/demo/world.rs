//! The demo's world: the site, the desktop, the app and its profile.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use testkit::desktop::{self, Proc, VirtualDesktop};
use testkit::practice::{self, Settings, Site};

use crate::consumer::KEY;
use crate::kill::Killer;
use crate::options::Options;

/// Life of tokens while nothing else is said: a refresh is due after three quarters of it.
pub const SHORT: Duration = Duration::from_secs(40);
/// The account's name.
pub const ACCOUNT: &str = "practice";

/// Everything that steps act on.
pub struct World {
    /// The service.
    pub site: Site,
    /// The virtual desktop; `None` on the person's own.
    pub desktop: Option<VirtualDesktop>,
    /// The app, while it runs.
    pub app: Option<Proc>,
    /// `lamp login`, while it waits.
    pub login: Option<Proc>,
    /// `LAMPLIGHTER_HOME`.
    pub home: PathBuf,
    /// The consumer's file.
    pub env_file: PathBuf,
    /// Where pictures go.
    pub out: PathBuf,
    /// Kills at every step, if that is asked for.
    pub killer: Killer,
    /// Notifications that were sent before this app was started.
    pub told_before: usize,
    /// Pictures so far.
    pub pictures: usize,
    /// Secrets that lay about in the middle of the step under way.
    pub leaks: Vec<String>,
    /// Scans so far.
    pub scans: usize,
    started: Instant,
    // Removed last.
    _folder: Option<tempfile::TempDir>,
}

impl World {
    /// Starts site and desktop, and writes the profile. The app is started by the first step.
    ///
    /// # Errors
    /// If a part of it does not start; says which.
    pub fn build(options: &Options) -> Result<Self, String> {
        let wrong = |what: &'static str| move |error: std::io::Error| format!("{what}: {error}");
        let site = Site::start(Settings { token_life: SHORT, ..Settings::default() });
        let lang = if options.french { "fr_FR.UTF-8" } else { "C.UTF-8" };
        let desktop = options.unattended.then(|| {
            let like = desktop::Options { dark: options.dark, lang: lang.to_owned(), ..Default::default() };
            VirtualDesktop::start(&like).map_err(wrong("virtual desktop"))
        });
        let desktop = desktop.transpose()?;
        let folder = match desktop {
            Some(_) => None,
            None => Some(
                tempfile::Builder::new().prefix("lamplighter-demo-").tempdir().map_err(wrong("folder"))?,
            ),
        };
        let base = desktop.as_ref().map(VirtualDesktop::home);
        let base =
            base.or_else(|| folder.as_ref().map(|folder| folder.path().to_owned())).unwrap_or_default();
        let (home, bot) = (base.join("lamplighter"), base.join("bot"));
        profile(&home).map_err(wrong("profile"))?;
        fs::create_dir_all(&bot).map_err(wrong("bot"))?;
        let env_file = bot.join(".env");
        let text = format!("# The bot's settings\nPORT=8080\n{KEY}=\nLOG_LEVEL=info\n");
        fs::write(&env_file, text).map_err(wrong(".env"))?;
        fs::create_dir_all(&options.out).map_err(wrong("pictures"))?;
        Ok(Self {
            site,
            desktop,
            app: None,
            login: None,
            home,
            env_file,
            out: options.out.clone(),
            killer: Killer::new(options.kill),
            told_before: 0,
            pictures: 0,
            leaks: Vec::new(),
            scans: 0,
            started: now(),
            _folder: folder,
        })
    }

    /// Since the demo began.
    pub fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// Folders that the app and its helpers could have written to.
    pub fn folders(&self) -> Vec<PathBuf> {
        let mut all: Vec<PathBuf> = ["/tmp", "/var/tmp", "/dev/shm"].iter().map(PathBuf::from).collect();
        all.extend(self.home.parent().map(Path::to_owned));
        all.push(self.out.clone());
        match &self.desktop {
            Some(desktop) => all.extend([desktop.home(), desktop.runtime(), desktop.logs()]),
            None => all.extend(std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from)),
        }
        all.push(std::env::temp_dir());
        all
    }

    /// Keeps the app's log beside the pictures. It was searched for secrets like everything else.
    pub fn keep_log(&self) {
        let log = self.home.join("logs/lamplighter.log");
        // An app that never started has none.
        _ = fs::copy(log, self.out.join("lamplighter.log"));
    }

    /// A picture of the virtual desktop. On a person's own none is taken: other things are to be seen there.
    pub fn picture(&mut self, name: &str) {
        self.pictures += 1;
        let Some(desktop) = &self.desktop else { return };
        let path = self.out.join(format!("{:02}-{name}.png", self.pictures));
        if let Err(error) = desktop.still_picture(&path) {
            println!("          note  no picture {name}: {error}");
        }
    }
}

/// A profile that knows the practice site.
fn profile(home: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    let providers = home.join("config/providers");
    fs::DirBuilder::new().recursive(true).mode(0o700).create(&providers)?;
    fs::write(providers.join("practice.toml"), practice::PROVIDER)?;
    fs::write(providers.join("practice-oauth.toml"), practice::OAUTH_PROVIDER)
}

/// For the times in the table.
#[allow(clippy::disallowed_methods, reason = "the demo tells how long things took")]
pub fn now() -> Instant {
    Instant::now()
}
