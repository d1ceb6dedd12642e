//! A copied token is taken out of the clipboard again.

use std::time::Duration;

use lamplighter_core::secret::Secret;

/// How long a copied token stays.
const STAYS: Duration = Duration::from_secs(30);

/// Puts `token` into the clipboard and takes it out after 30 s, unless something else was copied meanwhile.
/// Needs a thread of its own: on X11 the clipboard's content lives in the program that offers it.
///
/// # Errors
/// If there is no clipboard.
pub fn copy_for_a_while(token: Secret, runtime: &tokio::runtime::Handle) -> Result<(), arboard::Error> {
    let mut clipboard = arboard::Clipboard::new()?;
    let digest = token.digest();
    clipboard.set_text(String::from_utf8_lossy(token.expose()).into_owned())?;
    drop(token);
    runtime.spawn(async move {
        tokio::time::sleep(STAYS).await;
        // Something else in it, or something that is no text: not ours to clear.
        let ours = clipboard.get_text().is_ok_and(|text| Secret::from(text).digest() == digest);
        if ours && let Err(error) = clipboard.clear() {
            tracing::warn!(%error, "the clipboard could not be cleared");
        }
    });
    Ok(())
}
