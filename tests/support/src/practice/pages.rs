//! The site's pages, as a person sees them.

use axum::response::Html;

const STYLE: &str = include_str!("site.css");

/// A whole page. `title` and `body` must be HTML already.
pub(super) fn page(title: &str, body: &str) -> Html<String> {
    Html(format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title} · Practice</title>\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><style>{STYLE}</style></head>\
         <body><main><p class=\"brand\">Practice</p>{body}</main></body></html>"
    ))
}

/// Text made safe for HTML, attributes included.
pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn alert(error: Option<&str>) -> String {
    error.map(|text| format!("<p class=\"error\" role=\"alert\">{}</p>", escape(text))).unwrap_or_default()
}

/// Name and password.
pub(super) fn login(next: &str, error: Option<&str>, single_sign_on: bool) -> Html<String> {
    let (alert, next) = (alert(error), escape(next));
    let other = if single_sign_on {
        "<p class=\"or\">or</p><a class=\"button quiet\" href=\"/login/sso\">Use Practice ID</a>"
    } else {
        ""
    };
    page(
        "Sign in",
        &format!(
            r#"<h1>Sign in</h1>{alert}
<form method="post" autocomplete="on">
<input type="hidden" name="next" value="{next}">
<label for="email">E-mail</label>
<input id="email" name="email" type="email" autocomplete="username" required autofocus>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required>
<button id="sign-in">Sign in</button>
</form>{other}"#
        ),
    )
}

/// The second factor.
pub(super) fn totp(next: &str, error: Option<&str>) -> Html<String> {
    let (alert, next) = (alert(error), escape(next));
    page(
        "Two-step verification",
        &format!(
            r#"<h1>Two-step verification</h1><p>Type the six digits that your authenticator shows.</p>{alert}
<form method="post">
<input type="hidden" name="next" value="{next}">
<label for="code">Code</label>
<input id="code" name="code" inputmode="numeric" autocomplete="one-time-code" pattern="[0-9]{{6}}" maxlength="6" required autofocus>
<label class="check"><input type="checkbox" name="remember" value="yes" checked> Remember this device</label>
<button id="verify">Continue</button>
</form>"#
        ),
    )
}

/// The application itself. Its script mints a token when none is there or the one that is there has run out.
pub(super) fn front(name: &str, email: &str) -> Html<String> {
    page(
        "Overview",
        &format!(
            r#"<h1>Hello {}</h1><p id="who">Signed in as {}</p><p id="state" role="status">Loading…</p>
<form method="post" action="/logout"><button class="quiet">Sign out</button></form>
<script>{}</script>"#,
            escape(name),
            escape(email),
            include_str!("front.js"),
        ),
    )
}

/// "Which device may act in your name?"
pub(super) fn device(code: &str) -> Html<String> {
    page(
        "Connect a device",
        &format!(
            r#"<h1>Connect a device</h1><p>Type the code that your device shows.</p>
<form method="post">
<label for="user_code">Code</label>
<input id="user_code" name="user_code" value="{}" autocomplete="off" required>
<button id="allow" name="decision" value="allow">Allow</button>
<button id="deny" class="quiet" name="decision" value="deny">Deny</button>
</form>"#,
            escape(code),
        ),
    )
}

/// "May this application do that in your name?"
pub(super) fn consent(client: &str, scope: &str, form: &[(&str, &str)]) -> Html<String> {
    let hidden: String = form
        .iter()
        .map(|(name, value)| format!("<input type=\"hidden\" name=\"{name}\" value=\"{}\">", escape(value)))
        .collect();
    page(
        "Allow access",
        &format!(
            r#"<h1>Allow access?</h1><p><b>{}</b> asks for: {}</p>
<form method="post">{hidden}
<button id="allow" name="decision" value="allow" autofocus>Allow</button>
<button id="deny" class="quiet" name="decision" value="deny">Deny</button>
</form>"#,
            escape(client),
            escape(if scope.is_empty() { "your name and address" } else { scope }),
        ),
    )
}
