//! What the demo was asked to do.

use std::path::PathBuf;

/// For people.
pub const HELP: &str = "\
demo [--unattended] [--kill] [--until STEP] [--lang en|fr] [--dark] [--out FOLDER]

--unattended  on a virtual desktop, with nobody there (also when this machine has no display)
--kill        kills the app, or the login window, with -9 at every step, and goes on
--until STEP  stops after that step: its number, or part of its name
--out         where pictures go";

/// Words of the command line.
pub struct Options {
    /// On a virtual desktop.
    pub unattended: bool,
    /// Kill at every step.
    pub kill: bool,
    /// Stop after this step.
    pub until: Option<String>,
    /// Language of the app.
    pub french: bool,
    /// Dark theme.
    pub dark: bool,
    /// Where pictures go.
    pub out: PathBuf,
}

impl Options {
    /// Reads them.
    ///
    /// # Errors
    /// If a word is not known.
    pub fn parse(mut words: impl Iterator<Item = String>) -> Result<Self, String> {
        let screen = ["DISPLAY", "WAYLAND_DISPLAY"].iter().any(|name| std::env::var_os(name).is_some());
        let out = std::env::temp_dir().join("lamplighter-demo");
        let mut options =
            Self { unattended: !screen, kill: false, until: None, french: false, dark: false, out };
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or_else(|| format!("{word} needs a value"));
            match word.as_str() {
                "--unattended" => options.unattended = true,
                // Killing needs windows that can be opened again by nobody but us.
                "--kill" => (options.kill, options.unattended) = (true, true),
                "--until" => options.until = Some(value()?),
                "--lang" => options.french = value()? == "fr",
                "--dark" => options.dark = true,
                "--out" => options.out = value()?.into(),
                _ => return Err(format!("{word} is not known")),
            }
        }
        Ok(options)
    }
}
