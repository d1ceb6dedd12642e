//! Reading the command line: help and mistakes in the person's language, mistakes as JSON where that is asked
//! for. A mistake never repeats a value, which may be a secret put in the wrong place.

use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{CommandFactory, FromArgMatches};
use lamplighter_core::report::{Code, Notice};
use lamplighter_core::text::Lang;

use crate::help_fr::french;
use crate::screen::{Failure, Screen, out};

/// The command as clap knows it, in `lang`.
pub fn command<T: CommandFactory>(lang: Lang) -> clap::Command {
    match lang {
        Lang::En => T::command(),
        Lang::Fr => french(T::command()),
    }
}

/// Reads a command line. `Ok(Err(exit))`: help or version was asked for and is printed.
///
/// # Errors
/// What is wrong, as a usage notice.
pub fn parse<T: CommandFactory + FromArgMatches>(
    args: impl IntoIterator<Item = OsString>,
    screen: &Screen,
) -> Result<Result<T, u8>, Failure> {
    let mut command = command::<T>(screen.lang);
    let error = match command.try_get_matches_from_mut(args) {
        Ok(matches) => match T::from_arg_matches(&matches) {
            Ok(read) => return Ok(Ok(read)),
            Err(error) => error,
        },
        Err(error) => error,
    };
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            out(error.render().to_string().as_bytes())?;
            Ok(Err(0))
        }
        // Called with nothing at all: help, but not success.
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand if !screen.json => {
            out(error.render().to_string().as_bytes())?;
            Ok(Err(Code::Usage.exit()))
        }
        _ => Err(notice(&error, screen.lang).into()),
    }
}

fn notice(error: &clap::Error, lang: Lang) -> Notice {
    let of = |kind| error.get(kind).map(text).unwrap_or_default();
    let arg = of(ContextKind::InvalidArg);
    let what = match error.kind() {
        ErrorKind::InvalidSubcommand => match lang {
            Lang::En => "There is no such command.".to_owned(),
            Lang::Fr => "Cette commande n’existe pas.".to_owned(),
        },
        ErrorKind::UnknownArgument if arg.starts_with('-') => match lang {
            Lang::En => format!("There is no option {}.", option_name(&arg)),
            Lang::Fr => format!("L’option {} n’existe pas.", option_name(&arg)),
        },
        ErrorKind::MissingRequiredArgument => match lang {
            Lang::En => format!("This is needed: {arg}."),
            Lang::Fr => format!("Il manque\u{a0}: {arg}."),
        },
        ErrorKind::InvalidValue | ErrorKind::ValueValidation | ErrorKind::NoEquals => {
            let form = std::error::Error::source(error).map(|form| format!(" ({form})")).unwrap_or_default();
            match lang {
                Lang::En => format!("The value of {arg} is wrong{form}."),
                Lang::Fr => format!("La valeur de {arg} est incorrecte{form}."),
            }
        }
        ErrorKind::ArgumentConflict => match lang {
            Lang::En => format!("{arg} cannot be used with the others."),
            Lang::Fr => format!("{arg} ne va pas avec les autres."),
        },
        _ => lang
            .pick("The command line is not understood.", "La ligne de commande n’est pas comprise.")
            .to_owned(),
    };
    let suggestion = [ContextKind::SuggestedSubcommand, ContextKind::SuggestedArg].map(of).concat();
    let cure = match (lang, suggestion.is_empty()) {
        (Lang::En, false) => format!("Did you mean {suggestion}?"),
        (Lang::Fr, false) => format!("Vouliez-vous dire {suggestion}\u{a0}?"),
        (Lang::En, true) => "`--help` shows what there is.".to_owned(),
        (Lang::Fr, true) => "`--help` montre ce qu’il y a.".to_owned(),
    };
    Notice::new(Code::Usage, what).cure(cure)
}

fn text(value: &ContextValue) -> String {
    match value {
        ContextValue::String(text) => text.clone(),
        ContextValue::Strings(texts) => texts.join(", "),
        ContextValue::StyledStr(text) => text.to_string(),
        ContextValue::StyledStrs(texts) => {
            texts.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
        }
        _ => String::new(),
    }
}

/// `--token=abc` may carry a value: only the name is repeated.
fn option_name(arg: &str) -> &str {
    arg.split('=').next().unwrap_or(arg)
}
