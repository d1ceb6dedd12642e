//! Logins that were started here, in window, tray or notification: the browser that some of them need is
//! opened here, once. A login that `lamp` started is opened by `lamp`.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use lamplighter_core::api::{LoginStage, LoginView, Request, Response};

use crate::command::Shell;

/// Logins whose browser is still to be opened.
#[derive(Default)]
pub struct Logins(Mutex<HashSet<String>>);

impl Logins {
    /// A call that starts a login was answered. The address is mostly not known yet.
    pub async fn started(&self, shell: &Shell, answer: &Response) {
        let Response::Login { login } = answer else { return };
        self.waiting().insert(login.id.clone());
        self.look(login);
        // The stage may have changed between the answer and now, and its event gone by.
        self.changed(shell, &login.id).await;
    }

    /// A login changed.
    pub async fn changed(&self, shell: &Shell, id: &str) {
        if !self.waiting().contains(id) {
            return;
        }
        if let Ok(Response::Login { login }) = shell.call(Request::LoginState { login: id.to_owned() }).await
        {
            self.look(&login);
        }
    }

    /// Any login may have changed.
    pub async fn any_changed(&self, shell: &Shell) {
        let all: Vec<String> = self.waiting().iter().cloned().collect();
        for id in all {
            self.changed(shell, &id).await;
        }
    }

    fn look(&self, login: &LoginView) {
        match &login.stage {
            // Two looks at once: only the one that takes the login out of the set opens.
            LoginStage::Browser { url } | LoginStage::PasteAddress { url }
                if self.waiting().remove(&login.id) =>
            {
                crate::browser::open(url);
            }
            LoginStage::Device { url, complete, .. } if self.waiting().remove(&login.id) => {
                crate::browser::open(complete.as_ref().unwrap_or(url));
            }
            stage if stage.is_over() => {
                self.waiting().remove(&login.id);
            }
            _ => {}
        }
    }

    fn waiting(&self) -> std::sync::MutexGuard<'_, HashSet<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether the person goes on in our own window, by fields or a code, and not in a login window or browser.
pub fn goes_on_here(login: &LoginView) -> bool {
    matches!(login.kind.as_str(), "form" | "paste" | "device")
}
