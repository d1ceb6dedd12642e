//! What a login starts with: an account that exists, or a service with its settings.

use std::collections::BTreeMap;

use lamplighter_core::api::{AccountView, FieldView, ProviderView, Request, Response};
use lamplighter_core::id::{ProviderId, VarName};
use lamplighter_core::report::{Code, Notice};
use lamplighter_core::secret::Secret;
use lamplighter_core::text::Lang;

use super::super::{ask, unfitting};
use crate::args::Login;
use crate::engine::Engine;
use crate::prompt;
use crate::screen::{Failure, Screen};

/// The request that starts the login. An account's name wins over a service's, unless a new name is given.
pub async fn request(args: Login, engine: &Engine, screen: &Screen) -> Result<Request, Failure> {
    if args.name.is_none() && args.settings.is_empty() && is_account(&args.target, engine, screen).await? {
        return Ok(Request::Login { account: args.target, way: args.way });
    }
    let Response::Providers { providers } = ask(engine, Request::Providers, screen).await? else {
        return Err(unfitting(screen.lang));
    };
    let Some(provider) = providers.into_iter().find(|provider| provider.id == args.target) else {
        return Err(match args.settings.first() {
            Some((name, _)) if is_account(&args.target, engine, screen).await? => {
                not_new(&args.target, name, screen.lang).into()
            }
            _ => unknown(&args.target, screen.lang).into(),
        });
    };
    if let Some(notice) = provider.notice {
        return Err(notice.into());
    }
    let id: ProviderId = provider.id.parse().map_err(|_| unknown(&args.target, screen.lang))?;
    let mut filled = Filled { vars: BTreeMap::new(), secrets: BTreeMap::new() };
    for (name, value) in args.settings {
        filled.set(name, value, &provider, screen)?;
    }
    for var in &provider.vars {
        filled.complete(var, screen)?;
    }
    Ok(Request::NewLogin {
        provider: id,
        name: args.name,
        vars: filled.vars,
        secrets: filled.secrets,
        way: args.way,
    })
}

async fn is_account(target: &str, engine: &Engine, screen: &Screen) -> Result<bool, Failure> {
    let Response::Accounts { accounts } = ask(engine, Request::Accounts, screen).await? else {
        return Err(unfitting(screen.lang));
    };
    let named = |account: &AccountView| account.name.as_str() == target || account.id.as_str() == target;
    Ok(accounts.iter().any(named))
}

struct Filled {
    vars: BTreeMap<VarName, String>,
    secrets: BTreeMap<VarName, Secret>,
}

impl Filled {
    /// Takes a `--set`.
    fn set(
        &mut self,
        name: VarName,
        value: String,
        provider: &ProviderView,
        screen: &Screen,
    ) -> Result<(), Failure> {
        let Some(var) = provider.vars.iter().find(|var| var.name == name.as_str()) else {
            return Err(no_setting(&name, provider, screen.lang).into());
        };
        if value == "-" {
            return self.answer(name, var, screen);
        }
        if var.secret {
            return Err(seen_by_others(&name, screen.lang).into());
        }
        self.vars.insert(name, value);
        Ok(())
    }

    /// Asks for what is missing and has no default.
    fn complete(&mut self, var: &FieldView, screen: &Screen) -> Result<(), Failure> {
        let Ok(name) = var.name.parse::<VarName>() else { return Ok(()) };
        let given = self.vars.contains_key(&name) || self.secrets.contains_key(&name);
        let asked_for = !given && var.default.is_none() && !var.optional;
        if asked_for { self.answer(name, var, screen) } else { Ok(()) }
    }

    fn answer(&mut self, name: VarName, var: &FieldView, screen: &Screen) -> Result<(), Failure> {
        let question = format!("{}{}", var.label, screen.pick(":", "\u{a0}:"));
        if let (Some(help), true) = (&var.help, prompt::is_possible()) {
            screen.remark(help);
        }
        if var.secret {
            let value = prompt::hidden(&question)?.filter(|value| !value.is_empty());
            self.secrets.insert(name.clone(), value.ok_or_else(|| missing(&name, screen.lang))?);
        } else {
            let value = prompt::line(&question)?.filter(|value| !value.is_empty());
            self.vars.insert(name.clone(), value.ok_or_else(|| missing(&name, screen.lang))?);
        }
        Ok(())
    }
}

fn unknown(target: &str, lang: Lang) -> Notice {
    let what = match lang {
        Lang::En => format!("There is no service and no account `{target}`."),
        Lang::Fr => format!("Il n’y a ni service ni compte `{target}`."),
    };
    Notice::new(Code::UnknownProvider, what).cure(lang.pick(
        "`lamp provider list` shows all services, `lamp list` all accounts.",
        "`lamp provider list` montre les services, `lamp list` les comptes.",
    ))
}

/// An account has its settings already.
fn not_new(account: &str, name: &VarName, lang: Lang) -> Notice {
    let what = match lang {
        Lang::En => format!("--set is for new accounts, and `{account}` is there already."),
        Lang::Fr => format!("--set est pour les nouveaux comptes, et `{account}` existe déjà."),
    };
    let cure = match lang {
        Lang::En => format!(
            "Change {name} in config.toml, or if it is secret with `lamp secret set {account} {name}`; to add a second account, name the service."
        ),
        Lang::Fr => format!(
            "Changez {name} dans config.toml, ou s’il est secret avec `lamp secret set {account} {name}`\u{a0}; pour ajouter un second compte, nommez le service."
        ),
    };
    Notice::new(Code::Usage, what).cure(cure)
}

fn no_setting(name: &VarName, provider: &ProviderView, lang: Lang) -> Notice {
    let known: Vec<&str> = provider.vars.iter().map(|var| var.name.as_str()).collect();
    let known = known.join(", ");
    let what = match lang {
        Lang::En => format!("{} has no setting `{name}`.", provider.name),
        Lang::Fr => format!("{} n’a pas de réglage `{name}`.", provider.name),
    };
    let cure = match lang {
        _ if known.is_empty() => lang.pick("It has none at all.", "Il n’en a aucun.").to_owned(),
        Lang::En => format!("It has: {known}"),
        Lang::Fr => format!("Il a\u{a0}: {known}"),
    };
    Notice::new(Code::Usage, what).cure(cure)
}

fn seen_by_others(name: &VarName, lang: Lang) -> Notice {
    let what = match lang {
        Lang::En => format!("`{name}` is secret, and what stands on a command line can be read by others."),
        Lang::Fr => {
            format!(
                "`{name}` est secret, et ce qui figure sur une ligne de commande peut être lu par d’autres."
            )
        }
    };
    let cure = match lang {
        Lang::En => format!("Write --set {name}=- and it is asked for, or read from standard input."),
        Lang::Fr => format!("Écrivez --set {name}=-\u{a0}: il sera demandé, ou lu sur l’entrée standard."),
    };
    Notice::new(Code::Usage, what).cure(cure)
}

fn missing(name: &VarName, lang: Lang) -> Notice {
    let what = match lang {
        Lang::En => format!("The setting `{name}` is needed."),
        Lang::Fr => format!("Le réglage `{name}` est nécessaire."),
    };
    Notice::new(Code::Usage, what).cure(format!("--set {name}=…"))
}
