//! A copied token is taken out of the clipboard again.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

#[cfg(target_os = "macos")]
use arboard::SetExtApple as _;
#[cfg(all(unix, not(target_os = "macos")))]
use arboard::SetExtLinux as _;
#[cfg(windows)]
use arboard::SetExtWindows as _;
use lamplighter_core::secret::Secret;
use lamplighter_engine::clock::{Clock as _, SystemClock};

/// How long a copied token stays.
const STAYS: Duration = Duration::from_secs(30);

/// The token that is in the clipboard now, if it is one of ours. On X11 the clipboard's content lives in the program
/// that offers it, so the connection is kept with it.
#[derive(Clone, Default)]
pub struct Copied(Arc<Mutex<Option<Ours>>>);

struct Ours {
    clipboard: arboard::Clipboard,
    digest: [u8; 32],
    /// Tells one copying from the next, of the same token too.
    shown: Arc<()>,
}

impl Copied {
    /// Puts `token` into the clipboard and takes it out after 30 s, unless something else was copied meanwhile.
    /// Programs that keep a history of the clipboard are asked to leave it out.
    ///
    /// # Errors
    /// If there is no clipboard.
    pub fn for_a_while(&self, token: Secret, runtime: &tokio::runtime::Handle) -> Result<(), arboard::Error> {
        let mut clipboard = arboard::Clipboard::new()?;
        let digest = token.digest();
        let text = String::from_utf8_lossy(token.expose()).into_owned();
        let set = clipboard.set().exclude_from_history();
        #[cfg(windows)]
        let set = set.exclude_from_cloud();
        set.text(text)?;
        drop(token);
        let shown = Arc::new(());
        *self.ours() = Some(Ours { clipboard, digest, shown: shown.clone() });
        let this = self.clone();
        let threads = runtime.clone();
        runtime.spawn(async move {
            SystemClock::new().sleep(STAYS).await;
            // Whoever has copied something since is asked for it, and may be slow to answer.
            threads.spawn_blocking(move || this.clear_if(&shown));
        });
        Ok(())
    }

    /// The app ends: a token would stay, for whoever asks for the clipboard, where the system keeps it.
    pub fn clear(&self) {
        clear(self.ours().take());
    }

    fn clear_if(&self, shown: &Arc<()>) {
        let ours = {
            let mut ours = self.ours();
            // What was copied later has 30 s of its own.
            if ours.as_ref().is_some_and(|ours| Arc::ptr_eq(&ours.shown, shown)) { ours.take() } else { None }
        };
        clear(ours);
    }

    fn ours(&self) -> std::sync::MutexGuard<'_, Option<Ours>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn clear(ours: Option<Ours>) {
    let Some(Ours { mut clipboard, digest, .. }) = ours else { return };
    // Something else in it, or something that is no text: not ours to clear.
    let is_ours = clipboard.get_text().is_ok_and(|text| Secret::from(text).digest() == digest);
    if is_ours && let Err(error) = clipboard.clear() {
        tracing::warn!(%error, "the clipboard could not be cleared");
    }
}
