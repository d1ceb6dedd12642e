//! One window of the login: the first, or one that a page opened (single sign-on).

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use lamplighter_core::jar::Cookie;
use lamplighter_core::login::Plan;
use lamplighter_core::login::page::READ_PAGE;
use tao::dpi::LogicalSize;
use tao::event_loop::EventLoopWindowTarget;
use tao::window::{Window, WindowBuilder, WindowId};
use url::Url;
use wry::{NewWindowFeatures, NewWindowResponse, PageLoadEvent, PermissionResponse, WebView, WebViewBuilder};

use super::bar::{Bar, BarState};
use super::cookies;
use super::message::{Mailbox, Message, Wake};
use super::text::{self, Phase, Place};

/// A login page is made for a window of about this size; popups are smaller.
const FIRST_SIZE: LogicalSize<f64> = LogicalSize::new(960.0, 760.0);
const POPUP_SIZE: LogicalSize<f64> = LogicalSize::new(640.0, 720.0);

/// Schemes a page may go to. Everything else (`file:`, `slack:`, `mailto:`) would leave the webview.
const SCHEMES: [&str; 5] = ["https", "http", "about", "blob", "data"];

/// What all windows of one login share.
#[derive(Clone)]
pub struct Shared {
    /// Where callbacks report.
    pub mailbox: Mailbox,
    /// For making windows inside callbacks.
    pub target: EventLoopWindowTarget<Wake>,
    /// Names and language, for titles and bars.
    pub names: Names,
    /// User agent to present.
    pub user_agent: Option<String>,
    /// Windows that pages opened and that the loop has not taken over yet.
    pub opened: Rc<RefCell<Vec<LoginWindow>>>,
}

/// What is said about the login.
#[derive(Clone)]
pub struct Names {
    account: String,
    provider: String,
    /// Language of bar and titles.
    pub lang: lamplighter_core::text::Lang,
}

impl From<&Plan> for Names {
    fn from(plan: &Plan) -> Self {
        Self { account: plan.account.clone(), provider: plan.provider.clone(), lang: plan.lang }
    }
}

impl Names {
    fn title(&self, place: &Place) -> String {
        text::title(self.lang, place, &self.account, &self.provider, Bar::IS_SHOWN)
    }
}

/// A window with its bar and webview.
pub struct LoginWindow {
    // Dropped in this order: the webview before the window that it lies in.
    webview: WebView,
    bar: Bar,
    window: Window,
    shown: RefCell<Option<BarState>>,
    names: Names,
    has_page: bool,
}

impl LoginWindow {
    /// The first window, in an off-the-record context of its own, still without a page.
    pub fn first(shared: &Shared) -> Result<Self, String> {
        let window = new_window(shared, FIRST_SIZE, |builder| builder)?;
        let builder = WebViewBuilder::new().with_incognito(true);
        Self::build(shared, window, builder)
    }

    /// A window that a page asked for: same cookies, and `window.opener` works.
    fn popup(shared: &Shared, features: &NewWindowFeatures) -> Result<Self, String> {
        let size = features.size.map_or(POPUP_SIZE, |size| {
            LogicalSize::new(size.width.clamp(320.0, 1200.0), size.height.clamp(320.0, 1000.0))
        });
        let window = new_window(shared, size, |builder| above_opener(builder, features))?;
        Self::build(shared, window, related(WebViewBuilder::new().with_incognito(true), features))
    }

    fn build(shared: &Shared, window: Window, builder: WebViewBuilder<'_>) -> Result<Self, String> {
        let id = window.id();
        let bar = Bar::new(&window, shared.names.lang, &shared.mailbox)
            .ok_or("the window has no room for the bar")?;
        let webview = attach(with_handlers(shared, id, builder), &window)
            .map_err(|error| format!("the webview does not start: {error}"))?;
        report_ends(&webview, id, &shared.mailbox);
        window.set_visible(true);
        let shown = RefCell::new(None);
        Ok(Self { webview, bar, window, shown, names: shared.names.clone(), has_page: false })
    }

    /// Its id.
    pub fn id(&self) -> WindowId {
        self.window.id()
    }

    /// Restores a device cookie; before the first page only.
    pub fn restore(&self, cookie: &Cookie) {
        let Some(theirs) = cookies::write(cookie) else { return };
        if self.webview.set_cookie(&theirs).is_err() {
            tracing::warn!(host = cookie.domain, "a device cookie was not taken");
        }
    }

    /// Goes to the first page.
    pub fn open(&self, url: &Url) -> Result<(), String> {
        self.webview.load_url(url.as_str()).map_err(|error| format!("the page cannot be opened: {error}"))
    }

    /// A page is shown: from now on scripts are answered. Before, the webview would queue them and never answer.
    pub fn committed(&mut self) {
        self.has_page = true;
    }

    /// Address that is shown.
    pub fn url(&self) -> Option<Url> {
        self.webview.url().ok()?.parse().ok()
    }

    /// Runs the one snippet; the answer comes as a message, or never.
    pub fn read_page(&self, mailbox: &Mailbox) {
        if !self.has_page {
            return;
        }
        let (mailbox, id) = (mailbox.clone(), self.id());
        let asked = self.webview.evaluate_script_with_callback(READ_PAGE, move |answer| {
            mailbox.put(Message::Answer(id, answer));
        });
        if asked.is_err() {
            tracing::debug!("the page could not be asked");
        }
    }

    /// All cookies of the login, of all hosts. Called from the loop only: it runs a nested one.
    pub fn cookies(&self) -> Result<Vec<Cookie>, String> {
        let theirs = self.webview.cookies().map_err(|error| format!("cookies cannot be read: {error}"))?;
        Ok(theirs.into_iter().filter_map(cookies::read).collect())
    }

    /// Brings it to the front.
    pub fn raise(&self) {
        self.window.set_minimized(false);
        self.window.set_visible(true);
        self.window.set_focus();
    }

    /// Shows where the page comes from, and what to do. Returns the place if it is another than before.
    pub fn show(&self, phase: Phase, is_done_offered: bool) -> Option<Place> {
        let place = Place::of(&self.webview.url().unwrap_or_default());
        let state = BarState { place, phase, is_done_offered };
        let before = self.shown.replace(Some(state.clone()));
        if before.as_ref() == Some(&state) {
            return None;
        }
        self.bar.show(&state);
        let names = &self.names;
        self.window.set_title(&names.title(&state.place));
        (before.map(|before| before.place) != Some(state.place.clone())).then_some(state.place)
    }
}

/// Windows by id, the first one apart.
pub type Popups = BTreeMap<WindowId, LoginWindow>;

fn new_window(
    shared: &Shared,
    size: LogicalSize<f64>,
    placed: impl FnOnce(WindowBuilder) -> WindowBuilder,
) -> Result<Window, String> {
    let builder = WindowBuilder::new()
        .with_title(shared.names.title(&Place::default()))
        .with_inner_size(size)
        .with_visible(false);
    placed(builder).build(&shared.target).map_err(|error| format!("the window does not open: {error}"))
}

/// No bridge, no script of ours, no developer tools, no downloads, no permissions; popups like the first window.
fn with_handlers<'a>(shared: &Shared, id: WindowId, builder: WebViewBuilder<'a>) -> WebViewBuilder<'a> {
    let loads = shared.mailbox.clone();
    let popups = shared.clone();
    let builder = builder
        .with_devtools(false)
        .with_clipboard(false)
        .with_autoplay(false)
        .with_back_forward_navigation_gestures(false)
        .with_general_autofill_enabled(false)
        .with_navigation_handler(|address| is_allowed(&address))
        .with_permission_handler(|_| PermissionResponse::Deny)
        .with_download_started_handler(|_, _| false)
        .with_on_page_load_handler(move |event, _| {
            loads.put(match event {
                PageLoadEvent::Started => Message::Committed(id),
                PageLoadEvent::Finished => Message::Loaded(id),
            });
        })
        .with_new_window_req_handler(move |address, features| open_popup(&popups, &address, &features));
    match &shared.user_agent {
        Some(agent) => builder.with_user_agent(agent),
        None => builder,
    }
}

fn is_allowed(address: &str) -> bool {
    Url::parse(address).is_ok_and(|url| SCHEMES.contains(&url.scheme()))
}

/// Called inside a webview's callback: nothing here may ask for cookies or wait.
fn open_popup(shared: &Shared, address: &str, features: &NewWindowFeatures) -> NewWindowResponse {
    if !address.is_empty() && !is_allowed(address) {
        return NewWindowResponse::Deny;
    }
    match LoginWindow::popup(shared, features) {
        Ok(window) => {
            let response = created(&window.webview);
            shared.opened.borrow_mut().push(window);
            shared.mailbox.put(Message::Opened);
            response
        }
        Err(error) => {
            tracing::warn!("a page’s window could not be opened: {error}");
            NewWindowResponse::Deny
        }
    }
}

#[cfg(all(unix, not(target_os = "macos")))]
use linux::{above_opener, attach, created, related, report_ends};

#[cfg(all(unix, not(target_os = "macos")))]
mod linux {
    use gtk::prelude::{Cast as _, WidgetExt as _};
    use tao::platform::unix::{WindowBuilderExtUnix as _, WindowExtUnix as _};
    use tao::window::{Window, WindowBuilder, WindowId};
    use webkit2gtk::WebViewExt as _;
    use wry::{
        NewWindowFeatures, NewWindowResponse, WebView, WebViewBuilder, WebViewBuilderExtUnix as _,
        WebViewExtUnix as _,
    };

    use super::{Mailbox, Message};

    /// A page's window stays above the one that opened it.
    pub fn above_opener(builder: WindowBuilder, features: &NewWindowFeatures) -> WindowBuilder {
        let opener = features.opener.webview.toplevel().and_then(|top| top.downcast::<gtk::Window>().ok());
        match opener {
            Some(opener) => builder.with_transient_for(&opener),
            None => builder,
        }
    }

    /// Below the bar.
    pub fn attach(builder: WebViewBuilder<'_>, window: &Window) -> wry::Result<WebView> {
        let frame = window.default_vbox().ok_or(wry::Error::UnsupportedWindowHandle)?;
        builder.build_gtk(frame)
    }

    /// In the same context as its opener.
    pub fn related<'a>(builder: WebViewBuilder<'a>, features: &NewWindowFeatures) -> WebViewBuilder<'a> {
        builder.with_related_view(features.opener.webview.clone())
    }

    /// What the webview is told about its popup.
    pub fn created(webview: &WebView) -> NewWindowResponse {
        NewWindowResponse::Create { webview: webview.webview() }
    }

    /// `window.close()`, and the end of the web process.
    pub fn report_ends(webview: &WebView, id: WindowId, mailbox: &Mailbox) {
        let (closes, crashes) = (mailbox.clone(), mailbox.clone());
        let webview = webview.webview();
        // Not "close": wry destroys the view in its own handler of that, and later handlers are never called.
        webview.connect_destroy(move |_| {
            closes.put(Message::Gone(id));
        });
        webview.connect_web_process_terminated(move |_, _| {
            crashes.put(Message::Crashed(id));
        });
    }
}

#[cfg(not(all(unix, not(target_os = "macos"))))]
use elsewhere::{above_opener, attach, created, related, report_ends};

#[cfg(not(all(unix, not(target_os = "macos"))))]
mod elsewhere {
    use tao::window::{Window, WindowBuilder, WindowId};
    use wry::{NewWindowFeatures, NewWindowResponse, WebView, WebViewBuilder};

    use super::Mailbox;

    /// The system places windows itself.
    pub fn above_opener(builder: WindowBuilder, _features: &NewWindowFeatures) -> WindowBuilder {
        builder
    }

    /// Over the whole window.
    pub fn attach(builder: WebViewBuilder<'_>, window: &Window) -> wry::Result<WebView> {
        builder.build(window)
    }

    /// In the same environment as its opener.
    #[cfg(windows)]
    pub fn related<'a>(builder: WebViewBuilder<'a>, features: &NewWindowFeatures) -> WebViewBuilder<'a> {
        use wry::WebViewBuilderExtWindows as _;
        builder.with_environment(features.opener.environment.clone())
    }

    /// With the configuration that its opener made for it.
    #[cfg(target_os = "macos")]
    pub fn related<'a>(builder: WebViewBuilder<'a>, features: &NewWindowFeatures) -> WebViewBuilder<'a> {
        use wry::WebViewBuilderExtMacos as _;
        builder.with_webview_configuration(features.opener.target_configuration.clone())
    }

    /// What the webview is told about its popup.
    #[cfg(windows)]
    pub fn created(webview: &WebView) -> NewWindowResponse {
        use wry::WebViewExtWindows as _;
        NewWindowResponse::Create { webview: webview.webview() }
    }

    /// What the webview is told about its popup.
    #[cfg(target_os = "macos")]
    pub fn created(webview: &WebView) -> NewWindowResponse {
        use wry::WebViewExtMacOS as _;
        NewWindowResponse::Create { webview: webview.webview().into_super() }
    }

    /// The window's own close button is all that is told here.
    pub fn report_ends(_webview: &WebView, _id: WindowId, _mailbox: &Mailbox) {}
}
