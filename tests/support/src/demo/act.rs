//! What the person does: at the virtual desktop by mouse and keyboard, at their own by being told.

use std::time::Duration;

use testkit::desktop::{Role, VirtualDesktop, Window};
use testkit::wait;

use crate::kill::{Again, Victim};
use crate::world::World;

/// Longest that a window may take to appear.
const SOON: Duration = Duration::from_secs(30);
/// Longest that a person at their own desktop may take.
pub const PATIENCE: Duration = Duration::from_secs(600);

impl World {
    /// Part of the login window's title, in the app's language.
    fn login_title(&self) -> &'static str {
        let french = self.desktop.as_ref().is_some_and(|desktop| {
            desktop.env().iter().any(|(name, value)| name == "LANG" && value.starts_with("fr"))
        });
        if french { "connexion à Practice" } else { "sign in to Practice" }
    }

    /// Signs in at the login window that is open or about to open. With `with_code` the second factor is asked for.
    ///
    /// # Errors
    /// If a page does not come up in time.
    pub fn sign_in(&mut self, with_code: bool) -> Result<(), Again> {
        let point = |name: &str| if with_code { name.to_owned() } else { format!("{name}, again") };
        let seen_login = self.site.count("GET /login");
        let seen_code = self.site.second_factors_asked();
        if self.desktop.is_none() {
            return self.tell_person(with_code);
        }
        let window = self.open_login_window()?;
        if !self.site.wait_for("GET /login", seen_login.max(1), SOON) {
            return Err(Again::failed("the login page was never asked for"));
        }
        // The page is painted when its field is there.
        self.virtual_desktop()?.element(Role::Field, "E-mail", SOON);
        self.picture("login-window");
        self.kill_point(&point("login window"), Victim::Child)?;
        self.kill_point(&point("login window"), Victim::App)?;
        let person = self.site.person().clone();
        self.fill("E-mail", &person.email, &window)?;
        self.fill("Password", &person.password, &window)?;
        self.picture("password-typed");
        self.scan_midway("while the password was in its field");
        self.kill_point(&point("password typed"), Victim::Child)?;
        self.virtual_desktop()?.key("Return").map_err(Again::error)?;
        if !with_code {
            return Ok(());
        }
        if !wait::until_true(SOON, || self.site.second_factors_asked() > seen_code) {
            return Err(Again::failed("the page for the code was never shown"));
        }
        // The page is there when its field is; before a code is in it.
        let field = self.virtual_desktop()?.element(Role::Field, "Code", SOON);
        self.picture("second-factor");
        self.scan_midway("while the second factor was asked for");
        self.kill_point(&point("second factor"), Victim::Child)?;
        let code = self.site.totp_code(&person.email);
        if let Some(field) = field {
            let desktop = self.virtual_desktop()?;
            desktop.click(field.x + field.width / 2, field.y + field.height / 2).map_err(Again::error)?;
        }
        let desktop = self.virtual_desktop()?;
        desktop.type_text(&code).and_then(|()| desktop.key("Return")).map_err(Again::error)?;
        self.kill_point(&point("code typed"), Victim::App)
    }

    /// Waits for the login window and brings it to the front.
    pub fn open_login_window(&self) -> Result<Window, Again> {
        let desktop = self.virtual_desktop()?;
        let title = self.login_title();
        let window = desktop.window(title, SOON).ok_or_else(|| {
            let titles: Vec<String> = desktop.windows().into_iter().map(|window| window.title).collect();
            Again::Failed(format!(
                "no window called “{title}”; there are {titles:?}; lamp login: {}",
                self.login_words()
            ))
        })?;
        desktop.focus(&window).map_err(Again::error)?;
        Ok(window)
    }

    /// Waits until the login window has closed by itself.
    pub fn login_window_closes(&self) -> bool {
        let title = self.login_title();
        self.desktop.as_ref().is_none_or(|desktop| desktop.window_gone(title, SOON))
    }

    /// Clicks into the field of that label and types. The screen reader's view tells where it is.
    fn fill(&self, label: &str, text: &str, window: &Window) -> Result<(), Again> {
        let desktop = self.virtual_desktop()?;
        let within = |x: i32, y: i32| {
            (window.x..window.x + window.width).contains(&x)
                && (window.y..window.y + window.height).contains(&y)
        };
        let field = desktop.element(Role::Field, label, SOON).filter(|field| within(field.x, field.y));
        match field {
            Some(field) => desktop.click(field.x + field.width / 2, field.y + field.height / 2),
            // Nothing told where it is: the page puts the cursor into its first field, the Tab key into the next.
            None if label == "E-mail" => Ok(()),
            None => desktop.key("Tab"),
        }
        .and_then(|()| desktop.type_text(text))
        .map_err(Again::error)
    }

    /// On their own desktop the person signs in.
    fn tell_person(&self, with_code: bool) -> Result<(), Again> {
        let person = self.site.person();
        println!("\n  Please sign in at the window that opened:");
        println!("    e-mail    {}\n    password  {}", person.email, person.password);
        if with_code {
            println!(
                "    code      {} (keep “Remember this device” ticked)",
                self.site.totp_code(&person.email)
            );
        }
        Ok(())
    }

    /// How long to wait for something that a person has to do first.
    pub fn patience(&self) -> Duration {
        if self.desktop.is_some() { SOON } else { PATIENCE }
    }

    /// The virtual desktop.
    pub fn virtual_desktop(&self) -> Result<&VirtualDesktop, Again> {
        self.desktop.as_ref().ok_or_else(|| Again::failed("this needs the virtual desktop"))
    }
}
