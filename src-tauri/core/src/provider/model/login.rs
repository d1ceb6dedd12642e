//! Ways to log in.

use super::{Condition, Field, Save, Step, Template};

/// One way to log in.
#[derive(Debug, Clone, PartialEq)]
pub struct Login {
    /// How.
    pub kind: LoginKind,
    /// Steps after the person has done their part.
    pub steps: Vec<Step>,
    /// What the login itself brings.
    pub save: Vec<Save>,
}

/// How a login is done.
#[derive(Debug, Clone, PartialEq)]
pub enum LoginKind {
    /// In the embedded webview, or in a Chrome of its own if `chrome`.
    Web {
        /// First page.
        url: Template,
        /// All must hold; values that were there before do not count.
        done: Vec<Condition>,
        /// In Chrome instead of the webview.
        chrome: bool,
    },
    /// OAuth authorization code in the system browser (RFC 8252).
    OAuth {
        /// Where the code comes back.
        redirect: Redirect,
    },
    /// OAuth device code (RFC 8628).
    Device,
    /// Our own window asks; the values are used once and never stored.
    Form {
        /// Fields in the file's order.
        fields: Vec<(String, FormField)>,
    },
    /// The person pastes credentials.
    Paste {
        /// What is pasted, in the file's order.
        fields: Vec<(Field, FormField)>,
    },
}

/// A field that a person fills in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormField {
    /// For people.
    pub label: String,
    /// Hidden while typed.
    pub secret: bool,
    /// May stay empty.
    pub optional: bool,
}

/// Where an authorization code comes back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Redirect {
    /// `http://127.0.0.1:PORT/callback` with a random port (RFC 8252 section 7.3).
    Loopback,
    /// `http://localhost:PORT/PATH`, listened to on 127.0.0.1 and ::1.
    Localhost {
        /// Port.
        port: u16,
        /// Path with its leading slash.
        path: String,
    },
    /// The person pastes the address at which the browser ended.
    Paste(Template),
}
