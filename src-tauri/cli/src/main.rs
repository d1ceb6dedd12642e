//! `lamp`: the command line of Lamplighter.
//!
//! It asks the engine that runs, over its socket; if none runs, it starts one for this command.

mod args;
mod commands;
mod engine;
mod help_fr;
mod prompt;
mod screen;
mod serve;
mod store;
mod token;
mod usage;
mod words;

use std::cell::LazyCell;
use std::ffi::OsString;
use std::process::ExitCode;

use args::{Command, Lamp, Provider, TokenAlone};
use jiff::tz::TimeZone;
use lamplighter_core::report::{Code, Notice};
use lamplighter_core::text::Lang;
use lamplighter_engine::clock::{Clock as _, SystemClock};
use screen::{Failure, Outcome, Screen};

#[global_allocator]
static ALLOCATOR: lamplighter_sys::ZeroOnFree = lamplighter_sys::ZeroOnFree;

/// What shells say of a program that Ctrl-C ended.
const INTERRUPTED: u8 = 130;

fn main() -> ExitCode {
    harden();
    let args: Vec<OsString> = std::env::args_os().collect();
    let lang = language();
    let screen = Screen {
        lang,
        json: args.iter().any(|arg| arg == "--json"),
        now: LazyCell::new(|| SystemClock::new().now().wall),
        tz: LazyCell::new(TimeZone::system),
    };
    // A panic's message may hold anything, so only its place is told (I7); see `harden`.
    let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| run(args, &screen)));
    ExitCode::from(match outcome {
        Ok(outcome) => exit(outcome, &screen),
        Err(_) => Code::Internal.exit(),
    })
}

/// No core file, and panics that repeat nothing of what they saw.
fn harden() {
    #[cfg(unix)]
    if let Err(error) = lamplighter_sys::forbid_core_dumps() {
        tracing::warn!(%error, "core files cannot be forbidden");
    }
    #[cfg(unix)]
    if let Err(error) = lamplighter_sys::keep_ended_children() {
        tracing::warn!(%error, "how children end may not be known");
    }
    #[cfg(windows)]
    lamplighter_sys::windows::keep_memory_out_of_reports();
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        let text = format!("lamp: internal error at {place}. This is our bug; please report it.\n");
        _ = std::io::Write::write_all(&mut std::io::stderr(), text.as_bytes());
    }));
}

/// As the person's session has it: the first of these that is set.
fn language() -> Lang {
    let locale = ["LC_ALL", "LC_MESSAGES", "LANG"].iter().find_map(|name| match std::env::var(name) {
        Ok(locale) if !locale.is_empty() => Some(locale),
        _ => None,
    });
    locale.map_or(Lang::En, |locale| Lang::from_locale(&locale))
}

fn run(args: Vec<OsString>, screen: &Screen) -> Outcome {
    if args.get(1).is_some_and(|first| first == "token") {
        if let Some(alone) = args.get(2..).and_then(TokenAlone::of_account) {
            return quick_token(alone.token, screen);
        }
        let named = std::iter::once(OsString::from("lamp token"));
        return match usage::parse::<TokenAlone>(named.chain(args.into_iter().skip(2)), screen)? {
            Ok(alone) => quick_token(alone.token, screen),
            Err(exit) => Ok(exit),
        };
    }
    let command = match usage::parse::<Lamp>(args, screen)? {
        Ok(lamp) => lamp.command,
        Err(exit) => return Ok(exit),
    };
    match command {
        Command::Openapi => {
            let text = serde_json::to_string_pretty(&lamplighter_engine::api::openapi());
            screen.line(&text.map_err(std::io::Error::from)?)?;
            Ok(0)
        }
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut usage::command::<Lamp>(screen.lang), "lamp", &mut script);
            screen::out(&script)?;
            Ok(0)
        }
        Command::Provider(Provider::Check { file }) => commands::check_provider(&file, screen),
        Command::Serve => serve::run(screen),
        Command::Store { command } => store::run(command, screen),
        Command::Token(token) => quick_token(token, screen),
        command => with_engine(screen, async |engine| commands::run(command, engine, screen).await),
    }
}

/// Asks the engine that runs without a runtime; only if there is none, one of our own is started.
fn quick_token(args: args::Token, screen: &Screen) -> Outcome {
    let request = token::request(&args, screen.lang)?;
    match token::over_socket(engine::clients(screen.lang)?, &args, &request)? {
        Some(grant) => token::print(&grant, &args, screen),
        None => with_engine(screen, async |engine| commands::token_of(&args, request, engine, screen).await),
    }
}

fn with_engine(screen: &Screen, command: impl AsyncFnOnce(&engine::Engine) -> Outcome) -> Outcome {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let outcome = runtime.block_on(async {
        let engine = engine::reach(screen.lang).await?;
        let outcome = command(&engine).await;
        tokio::select! {
            () = engine.end() => {}
            // Pressed again while the engine finishes: the journal holds what it was doing.
            _ = tokio::signal::ctrl_c(), if matches!(outcome, Err(Failure::Interrupted)) => {}
        }
        outcome
    });
    // A thread may still wait for the terminal or a reply that nobody needs any more.
    runtime.shutdown_background();
    outcome
}

fn exit(outcome: Outcome, screen: &Screen) -> u8 {
    match outcome {
        Ok(exit) => exit,
        Err(Failure::Notice(notice)) => match screen.error(&notice) {
            Ok(()) => notice.code.exit(),
            Err(error) => unwritten(&error),
        },
        Err(Failure::Output(error)) if error.kind() == std::io::ErrorKind::BrokenPipe => 0,
        Err(Failure::Output(error)) => {
            let what = match screen.lang {
                Lang::En => format!("The terminal or a pipe cannot be used: {error}."),
                Lang::Fr => format!("Le terminal ou un tube est inutilisable\u{a0}: {error}."),
            };
            _ = screen.error(&Notice::new(Code::Internal, what));
            unwritten(&error)
        }
        Err(Failure::Interrupted) => {
            prompt::show_again();
            INTERRUPTED
        }
    }
}

/// A reader that left wanted no more; anything else is an error.
fn unwritten(error: &std::io::Error) -> u8 {
    if error.kind() == std::io::ErrorKind::BrokenPipe { 0 } else { Code::Internal.exit() }
}
