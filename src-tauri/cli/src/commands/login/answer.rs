//! What a login asks, asked at the terminal.

use std::collections::BTreeMap;

use lamplighter_core::api::{FieldView, LoginAnswer, LoginStage, LoginView};
use lamplighter_core::report::{Code, Notice};
use lamplighter_core::secret::Secret;
use lamplighter_core::text::Lang;

use super::browser;
use crate::prompt;
use crate::screen::{Failure, Screen, harmless};

/// Shows a stage, and answers it if it is a question.
pub async fn to(login: &LoginView, no_open: bool, screen: &Screen) -> Result<Option<LoginAnswer>, Failure> {
    match &login.stage {
        // The other ways have no window of ours.
        LoginStage::Opening if login.kind == "webview" => {
            screen.remark(screen.pick("Opening the login window…", "Ouverture de la fenêtre de connexion…"))
        }
        LoginStage::Open { host } => screen.remark(&open(host.as_deref(), screen.lang)),
        LoginStage::Browser { url } => visit(url, no_open, screen),
        LoginStage::Device { url, complete, code } => {
            type_code(url, complete.as_deref(), code, no_open, screen);
        }
        LoginStage::Unsaved { notice } => screen.beside(notice),
        LoginStage::Proving => {
            screen.remark(screen.pick("Checking the login…", "Vérification de la connexion…"))
        }
        LoginStage::Fields { fields } => return fill(fields.clone(), screen.lang).await.map(Some),
        LoginStage::PasteAddress { url } => {
            visit(url, no_open, screen);
            return paste(screen.lang).await.map(Some);
        }
        LoginStage::WrongPerson { before, now } => {
            return other_person(before, now, screen.lang).await.map(Some);
        }
        LoginStage::Opening | LoginStage::Done { .. } | LoginStage::Failed { .. } | LoginStage::Cancelled => {
        }
    }
    Ok(None)
}

fn open(host: Option<&str>, lang: Lang) -> String {
    match (lang, host) {
        (Lang::En, Some(host)) => {
            format!("Sign in as usual in the window that shows {host}. It closes by itself.")
        }
        (Lang::En, None) => "Sign in as usual in the window. It closes by itself.".to_owned(),
        (Lang::Fr, Some(host)) => {
            format!(
                "Connectez-vous comme d’habitude dans la fenêtre qui montre {host}. Elle se ferme d’elle-même."
            )
        }
        (Lang::Fr, None) => {
            "Connectez-vous comme d’habitude dans la fenêtre. Elle se ferme d’elle-même.".to_owned()
        }
    }
}

fn visit(url: &str, no_open: bool, screen: &Screen) {
    let opened = !no_open && browser::open(url);
    screen.remark(if opened {
        screen.pick(
            "Sign in in your browser. If it did not open:",
            "Connectez-vous dans votre navigateur. S’il ne s’est pas ouvert\u{a0}:",
        )
    } else {
        screen.pick(
            "Open this address in a browser and sign in:",
            "Ouvrez cette adresse dans un navigateur et connectez-vous\u{a0}:",
        )
    });
    screen.remark(&format!("  {url}"));
}

/// The code is shown even if an address has it in it: the person compares it with what the page shows.
fn type_code(url: &str, complete: Option<&str>, code: &str, no_open: bool, screen: &Screen) {
    screen.remark(screen.pick(
        "Open this address, here or on another device, and type the code:",
        "Ouvrez cette adresse, ici ou sur un autre appareil, et saisissez le code\u{a0}:",
    ));
    screen.remark(&format!("  {url}"));
    screen.remark(&format!("  {code}"));
    if !no_open && browser::open(complete.unwrap_or(url)) {
        screen.remark(screen.pick(
            "Your browser is opened there; check that it shows this code.",
            "Votre navigateur s’y ouvre\u{a0}; vérifiez qu’il affiche ce code.",
        ));
    } else if let Some(complete) = complete {
        screen.remark(
            screen.pick("Or this one, which has the code in it:", "Ou celle-ci, qui contient le code\u{a0}:"),
        );
        screen.remark(&format!("  {complete}"));
    }
}

async fn fill(fields: Vec<FieldView>, lang: Lang) -> Result<LoginAnswer, Failure> {
    let answers = aside(move || {
        let mut values = BTreeMap::new();
        for field in fields {
            if let Some(value) = field_value(&field, lang)? {
                values.insert(field.name, value);
            }
        }
        Ok(values)
    });
    Ok(LoginAnswer::Fields { values: answers.await? })
}

fn field_value(field: &FieldView, lang: Lang) -> std::io::Result<Option<Secret>> {
    let default = field.default.as_ref().map(|default| format!(" [{default}]")).unwrap_or_default();
    let question = harmless(&format!("{}{default}{}", field.label, lang.pick(":", "\u{a0}:")));
    let value =
        if field.secret { prompt::hidden(&question)? } else { prompt::line(&question)?.map(Secret::from) };
    Ok(value.filter(|value| !value.is_empty()).or_else(|| field.default.as_deref().map(Secret::from)))
}

/// The address holds a one-time code, so it is not shown.
async fn paste(lang: Lang) -> Result<LoginAnswer, Failure> {
    let question = lang.pick(
        "Paste the address at which the browser ended (it is not shown):",
        "Collez l’adresse à laquelle le navigateur s’est arrêté (elle n’est pas affichée)\u{a0}:",
    );
    match aside(move || prompt::hidden(question)).await? {
        Some(url) if !url.is_empty() => Ok(LoginAnswer::Address { url }),
        _ => Ok(LoginAnswer::Cancel),
    }
}

async fn other_person(before: &str, now: &str, lang: Lang) -> Result<LoginAnswer, Failure> {
    let question = harmless(&match lang {
        Lang::En => format!("Until now this was {before}; {now} signed in. Keep {now}? [y/N]"),
        Lang::Fr => {
            format!("Jusqu’ici c’était {before}\u{a0}; {now} s’est connecté. Garder {now}\u{a0}? [o/N]")
        }
    });
    let answer = aside(move || prompt::line(&question)).await?.unwrap_or_default().to_lowercase();
    let yes = matches!(answer.as_str(), "y" | "yes" | "o" | "oui");
    Ok(if yes { LoginAnswer::AcceptPerson } else { LoginAnswer::Cancel })
}

/// Reads the terminal beside the runtime, so that Ctrl-C is heard.
async fn aside<T: Send + 'static>(
    read: impl FnOnce() -> std::io::Result<T> + Send + 'static,
) -> Result<T, Failure> {
    match tokio::task::spawn_blocking(read).await {
        Ok(answer) => Ok(answer?),
        Err(_) => Err(Notice::new(Code::Internal, "Reading the terminal broke off.").into()),
    }
}
