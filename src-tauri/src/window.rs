//! The one window: local pages only, built when it is wanted, destroyed when it is closed.

use tauri::{AppHandle, Manager as _, Url, WebviewUrl, WebviewWindow, WebviewWindowBuilder};

/// Its label; the capability in `tauri.conf.json` names it.
pub const LABEL: &str = "main";

/// Brings the window to the front, building it if there is none.
///
/// Called from plain threads and async tasks only: building a window inside a synchronous command or a
/// window event deadlocks on Windows.
pub fn show(app: &AppHandle) {
    let shown = match app.get_webview_window(LABEL) {
        Some(window) => raise(&window),
        None => build(app),
    };
    if let Err(error) = shown {
        tracing::error!(%error, "the window could not be shown");
    }
}

fn raise(window: &WebviewWindow) -> tauri::Result<()> {
    window.unminimize()?;
    window.show()?;
    window.set_focus()
}

fn build(app: &AppHandle) -> tauri::Result<()> {
    let window = WebviewWindowBuilder::new(app, LABEL, WebviewUrl::App("index.html".into()))
        .title("Lamplighter")
        .inner_size(880.0, 600.0)
        .min_inner_size(640.0, 480.0)
        .on_navigation(is_ours)
        .on_new_window(|_url, _features| tauri::webview::NewWindowResponse::Deny)
        .on_download(|_webview, _event| false)
        .build()?;
    raise(&window)
}

/// Whether the window may go there: our own pages, and nothing else (T14).
fn is_ours(url: &Url) -> bool {
    match url.scheme() {
        "tauri" => url.host_str() == Some("localhost"),
        // Windows serves the app's files from here.
        "http" | "https" => cfg!(windows) && url.host_str() == Some("tauri.localhost") && url.port().is_none(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::is_ours;

    #[test]
    fn t14_no_remote_address_ever_loads_in_the_window() {
        for (address, ours) in [
            ("tauri://localhost/index.html", true),
            ("tauri://evil.test/", false),
            ("https://evil.test/", false),
            ("https://tauri.localhost.evil.test/", false),
            ("http://127.0.0.1:8080/", false),
            ("http://localhost/", false),
            ("data:text/html,hello", false),
            ("blob:tauri://localhost/x", false),
            ("file:///etc/passwd", false),
            ("javascript:alert(1)", false),
            ("about:blank", false),
        ] {
            assert_eq!(is_ours(&address.parse().expect("an address")), ours, "{address}");
        }
    }
}
