//! Pictures of the screen, as somebody would see it who looks a moment longer.

use std::io;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use super::{VirtualDesktop, Window};
use crate::wait;

/// The screen is still when it looks the same after so long.
const STILL_AFTER: Duration = Duration::from_millis(400);
/// What moves for longer is to be seen moving.
const MOVES_AT_MOST: Duration = Duration::from_secs(5);
/// A page has more colours than this, if only around its letters; an empty one has two or three.
const COLOURS_OF_A_PAGE: u32 = 40;
/// Above a page there may be our bar, which is painted earlier.
const BAR: i32 = 70;

impl VirtualDesktop {
    /// A picture of the whole screen, as PNG.
    ///
    /// # Errors
    /// If ImageMagick's `import` fails.
    pub fn screenshot(&self, path: &Path) -> io::Result<()> {
        let status = self.command("import").args(["-window", "root"]).arg(path).status()?;
        if status.success() { Ok(()) } else { Err(io::Error::other(format!("import: {status}"))) }
    }

    /// The same once the window in front is painted and nothing moves any more; what a screen reader is told is
    /// there before it is painted. What keeps moving is taken as it is.
    ///
    /// # Errors
    /// If ImageMagick's `import` fails.
    pub fn still_picture(&self, path: &Path) -> io::Result<()> {
        let mut before = None;
        let mut taken = Ok(());
        // A picture without the rest is still one.
        _ = wait::until_every(STILL_AFTER, MOVES_AT_MOST, || {
            taken = self.screenshot(path);
            let now = self.of_picture(path, &[], "%#");
            let is_still = now.is_some() && now == before;
            before = now;
            (taken.is_err() || is_still && self.front().is_none_or(|front| self.is_page(path, &front)))
                .then_some(())
        });
        taken
    }

    /// Whether a window is more than its background.
    pub fn is_painted(&self, window: &Window) -> bool {
        let path = self.home().join("painted.png");
        self.screenshot(&path).is_err() || self.is_page(&path, window)
    }

    fn is_page(&self, picture: &Path, window: &Window) -> bool {
        let Window { x, y, width, height, .. } = window;
        let shape = format!("{width}x{}+{x}+{}", height - BAR, y + BAR);
        let colours = self.of_picture(picture, &["-crop", &shape], "%k");
        colours.and_then(|text| text.parse::<u32>().ok()).is_some_and(|colours| colours > COLOURS_OF_A_PAGE)
    }

    /// What ImageMagick says of a picture: `%k` its colours, `%#` a hash of its dots.
    fn of_picture(&self, picture: &Path, words: &[&str], what: &str) -> Option<String> {
        let mut convert = self.command("convert");
        convert.arg(picture).args(words).args(["-format", what, "info:"]).stdout(Stdio::piped());
        let output = convert.output().ok().filter(|output| output.status.success())?;
        Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }
}
