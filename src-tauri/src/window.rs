//! The one window: local pages only, built when it is wanted, destroyed when it is closed.

use lamplighter_core::id::AccountId;
use tauri::{AppHandle, Manager as _, Url, WebviewUrl, WebviewWindow, WebviewWindowBuilder};

/// Its label; the capability in `tauri.conf.json` names it.
pub const LABEL: &str = "main";

/// Brings the window to the front as it is, building it if there is none.
///
/// Called from plain threads and async tasks only: building a window inside a synchronous command or a
/// window event deadlocks on Windows.
pub fn show(app: &AppHandle) {
    tell(open(app, None));
}

/// The same, on the page of an account.
pub fn show_account(app: &AppHandle, account: &AccountId) {
    tell(open(app, Some(account)));
}

fn tell(shown: tauri::Result<()>) {
    if let Err(error) = shown {
        tracing::error!(%error, "the window could not be shown");
    }
}

fn open(app: &AppHandle, account: Option<&AccountId>) -> tauri::Result<()> {
    // An id is hexadecimal, so it needs no escaping, neither here nor in the script below.
    let page = account.map(|account| format!("#account={account}"));
    if let Some(window) = app.get_webview_window(LABEL) {
        return go(&window, page.as_deref());
    }
    match build(app, page.as_deref().unwrap_or_default()) {
        // Somebody else built it between the look and now.
        Err(tauri::Error::WindowLabelAlreadyExists(_) | tauri::Error::WebviewLabelAlreadyExists(_)) => {
            app.get_webview_window(LABEL).map_or(Ok(()), |window| go(&window, page.as_deref()))
        }
        built => built,
    }
}

fn go(window: &WebviewWindow, page: Option<&str>) -> tauri::Result<()> {
    if let Some(page) = page {
        window.eval(format!("location.hash = '{page}'"))?;
    }
    raise(window)
}

fn raise(window: &WebviewWindow) -> tauri::Result<()> {
    window.unminimize()?;
    window.show()?;
    window.set_focus()
}

fn build(app: &AppHandle, page: &str) -> tauri::Result<()> {
    // Webviews tell pages a language by rules of their own; window and tray are to speak the same one.
    let lang = crate::command::shell_of(app).system_lang.pick("en", "fr");
    let address = WebviewUrl::App(format!("index.html?lang={lang}{page}").into());
    let window = WebviewWindowBuilder::new(app, LABEL, address);
    #[cfg(target_os = "linux")]
    let window = window.proxy_url(nowhere());
    let window = window
        .title("Lamplighter")
        .inner_size(880.0, 600.0)
        .min_inner_size(640.0, 480.0)
        .on_navigation(is_ours)
        .on_new_window(|_url, _features| tauri::webview::NewWindowResponse::Deny)
        .on_download(|_webview, _event| false)
        .build()?;
    #[cfg(target_os = "linux")]
    refuse_the_rest(&window)?;
    raise(&window)
}

/// The window needs no network: its pages come from the program. Links connect to their host before anybody asks
/// whether they may be followed, so whatever the window would connect to, it gets nobody: below 1024 only root listens.
#[cfg(target_os = "linux")]
fn nowhere() -> Url {
    Url::parse("http://127.0.0.1:1").expect("it is an address")
}

/// Addresses that the framework cannot read, and WebKit can, are not asked about on the way there: what arrives is
/// looked at once more, before it is shown.
#[cfg(target_os = "linux")]
fn refuse_the_rest(window: &WebviewWindow) -> tauri::Result<()> {
    use gtk::glib::Cast as _;
    use webkit2gtk::{
        PolicyDecisionExt as _, PolicyDecisionType, ResponsePolicyDecision, ResponsePolicyDecisionExt as _,
        URIRequestExt as _, WebViewExt as _,
    };
    window.with_webview(|webview| {
        let webview = webview.inner();
        webview.connect_decide_policy(|_, decision, kind| {
            if kind != PolicyDecisionType::Response {
                return false;
            }
            let response = decision.downcast_ref::<ResponsePolicyDecision>();
            let from = response.and_then(ResponsePolicyDecision::request).and_then(|request| request.uri());
            if from.is_some_and(|from| Url::parse(&from).is_ok_and(|from| is_ours(&from))) {
                return false;
            }
            decision.ignore();
            true
        });
        // Nothing of WebKit's own takes the place of our page either.
        webview.connect_load_failed(|_, _, _, _| true);
    })
}

/// Whether the window may go there: our own pages, and nothing else (T14).
fn is_ours(url: &Url) -> bool {
    match url.scheme() {
        "tauri" => url.host_str() == Some("localhost"),
        // Windows serves the app's files from here.
        "http" | "https" => {
            cfg!(windows) && url.host_str() == Some("tauri.localhost") && url.port().is_none()
        }
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
            ("tauri://localhost/#account=0123", true),
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
