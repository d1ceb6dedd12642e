//! `lamp provider`.

use std::path::Path;

use lamplighter_core::api::{ProviderView, Request, Response};
use lamplighter_core::id::ProviderId;
use lamplighter_core::provider::{Mistake, parse};
use lamplighter_core::report::{Code, Notice};
use lamplighter_core::text::{Lang, system};

use super::{ask, unfitting};
use crate::args;
use crate::engine::Engine;
use crate::screen::{Outcome, Screen, table};

/// Longest provider file that is read, in bytes.
const LONGEST: u64 = 1024 * 1024;

/// Lists or shows; `check` needs no engine.
pub async fn run(command: args::Provider, engine: &Engine, screen: &Screen) -> Outcome {
    let id = match command {
        args::Provider::Check { file } => return check(&file, screen),
        args::Provider::List => None,
        args::Provider::Show { id } => Some(id),
    };
    let answer = ask(engine, Request::Providers, screen).await?;
    let Response::Providers { providers } = &answer else { return Err(unfitting(screen.lang)) };
    let Some(id) = id else {
        if screen.json {
            screen.json(&answer)?;
        } else {
            list(providers, screen)?;
        }
        return Ok(0);
    };
    match providers.iter().find(|provider| provider.id == id.as_str()) {
        None => Err(unknown(&id, screen.lang).into()),
        Some(provider) => {
            if screen.json {
                screen.json(&serde_json::json!({ "answer": "provider", "provider": provider }))?;
            } else {
                show(provider, screen)?;
            }
            Ok(provider.notice.as_ref().map_or(0, |notice| notice.code.exit()))
        }
    }
}

/// Checks a file: each mistake with its line, its column and its cure.
///
/// # Errors
/// If it cannot be read.
pub fn check(file: &Path, screen: &Screen) -> Outcome {
    let text = read(file, screen.lang)?;
    let stem = file.file_name().and_then(|name| name.to_str()).and_then(|name| name.strip_suffix(".toml"));
    let id: ProviderId =
        stem.and_then(|stem| stem.parse().ok()).ok_or_else(|| bad_name(file, screen.lang))?;
    let mistakes = match parse(id.clone(), &text) {
        Ok(_) => Vec::new(),
        Err(mistakes) => mistakes,
    };
    if screen.json {
        let rows: Vec<_> = mistakes.iter().map(|mistake| as_json(mistake, screen.lang)).collect();
        screen.json(&serde_json::json!({ "answer": "checked", "provider": id, "mistakes": rows }))?;
    } else if mistakes.is_empty() {
        screen.line(&match screen.lang {
            Lang::En => format!("{id}: no mistakes."),
            Lang::Fr => format!("{id}\u{a0}: aucune erreur."),
        })?;
    } else {
        for mistake in &mistakes {
            screen.line(&format!("{}:{}", file.display(), mistake.line_text(screen.lang)))?;
            screen.line(&format!("    {}", mistake.cure(screen.lang)))?;
        }
    }
    Ok(if mistakes.is_empty() { 0 } else { Code::BadFile.exit() })
}

fn as_json(mistake: &Mistake, lang: Lang) -> serde_json::Value {
    serde_json::json!({
        "line": mistake.line, "column": mistake.column, "what": mistake.what(lang), "cure": mistake.cure(lang),
    })
}

fn read(file: &Path, lang: Lang) -> Result<String, Notice> {
    let cannot = |why: &str| {
        let what = match lang {
            Lang::En => format!("{} cannot be read: {why}.", file.display()),
            Lang::Fr => format!("{} est illisible\u{a0}: {why}.", file.display()),
        };
        Notice::new(Code::BadFile, what).cure(
            lang.pick("Look at the path and who may read it.", "Vérifiez le chemin et qui peut le lire."),
        )
    };
    let found = std::fs::metadata(file).map_err(|error| cannot(&system(&error.to_string(), lang)))?;
    if !found.is_file() || found.len() > LONGEST {
        return Err(cannot(
            lang.pick("not a file, or too large", "ce n’est pas un fichier, ou il est trop grand"),
        ));
    }
    std::fs::read_to_string(file).map_err(|error| cannot(&system(&error.to_string(), lang)))
}

fn bad_name(file: &Path, lang: Lang) -> Notice {
    let what = match lang {
        Lang::En => format!("{} is no name for a provider file.", file.display()),
        Lang::Fr => format!("{} n’est pas un nom de fichier de service.", file.display()),
    };
    Notice::new(Code::BadFile, what).cure(lang.pick(
        "Its name is the service’s id and `.toml`: 1 to 64 of a-z 0-9 . _ -",
        "Son nom est l’identifiant du service et `.toml`\u{a0}: 1 à 64 caractères parmi a-z 0-9 . _ -",
    ))
}

fn unknown(id: &ProviderId, lang: Lang) -> Notice {
    let what = match lang {
        Lang::En => format!("There is no service `{id}`."),
        Lang::Fr => format!("Il n’y a pas de service `{id}`."),
    };
    Notice::new(Code::UnknownProvider, what)
        .cure(lang.pick("`lamp provider list` shows all.", "`lamp provider list` les montre tous."))
}

fn list(providers: &[ProviderView], screen: &Screen) -> std::io::Result<()> {
    let head = match screen.lang {
        Lang::En => ["ID", "SERVICE", "LOGIN", "REFRESH", ""],
        Lang::Fr => ["ID", "SERVICE", "CONNEXION", "RAFRAÎCHISSEMENT", ""],
    };
    let rows: Vec<Vec<String>> = providers
        .iter()
        .map(|provider| {
            let remark = match (&provider.notice, provider.built_in) {
                (Some(_), _) => screen.pick("broken", "incorrect"),
                (None, true) => "",
                (None, false) => screen.pick("yours", "à vous"),
            };
            let cells =
                [&provider.id, &provider.name, &provider.logins.join(", "), &provider.refreshes.join(", ")];
            cells.into_iter().cloned().chain([remark.to_owned()]).collect()
        })
        .collect();
    screen.line(&table(&head, &rows))
}

fn show(provider: &ProviderView, screen: &Screen) -> std::io::Result<()> {
    screen.line(&format!("{} ({})", provider.name, provider.id))?;
    let line = |en: &str, fr: &str, text: String| {
        if text.is_empty() {
            Ok(())
        } else {
            screen.line(&format!("  {}{} {text}", screen.pick(en, fr), screen.pick(":", "\u{a0}:")))
        }
    };
    line("File", "Fichier", provider.path.clone().unwrap_or_default())?;
    line("Hosts that get secrets", "Hôtes qui reçoivent des secrets", provider.hosts.join(", "))?;
    line("Login", "Connexion", provider.logins.join(", "))?;
    line("Refresh", "Rafraîchissement", provider.refreshes.join(", "))?;
    for var in &provider.vars {
        let default = var.default.as_ref().map(|value| format!(" [{value}]")).unwrap_or_default();
        let secret = if var.secret { screen.pick(", secret", ", secret") } else { "" };
        let label = if var.label == var.name { String::new() } else { format!(", {}", var.label) };
        line("Setting", "Réglage", format!("{}{default}{secret}{label}", var.name))?;
    }
    if let Some(notice) = &provider.notice {
        screen.error(notice)?;
    }
    Ok(())
}
