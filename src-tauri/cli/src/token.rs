//! `lamp token`: over the socket without a runtime, so that programs can ask each time they need one.

use std::io::{self, Write as _};

use lamplighter_core::api::{TokenGrant, TokenRequest};
use lamplighter_core::id::hex;
use lamplighter_core::report::{Code, Notice};
use lamplighter_core::secret::Secret;
use lamplighter_core::text::Lang;
use lamplighter_engine::api::{Client, Trouble, write_grant};

use crate::args::Token;
use crate::prompt;
use crate::screen::{Failure, Outcome, Screen, out};

/// What the engine is asked for. Reads the rejected token from standard input if there is one.
///
/// # Errors
/// If the rejected token was written on the command line, or cannot be read.
pub fn request(args: &Token, lang: Lang) -> Result<TokenRequest, Failure> {
    let rejected = match args.rejected.as_deref() {
        None => None,
        Some("-") => {
            let token = prompt::piped()?;
            let token = trimmed(&token);
            if token.is_empty() {
                return Err(no_rejected(lang).into());
            }
            Some(hex(&token.digest()))
        }
        Some(_) => return Err(on_the_command_line(lang).into()),
    };
    Ok(TokenRequest {
        name: args.name.clone(),
        min_valid_ms: args.min_valid.map(millis),
        wait_ms: Some(millis(args.wait)),
        stale: args.stale,
        rejected,
    })
}

/// Asks an engine that runs; `None` if none does.
///
/// # Errors
/// What the engine says.
pub fn over_socket(
    clients: impl IntoIterator<Item = Client>,
    args: &Token,
    request: &TokenRequest,
) -> Result<Option<TokenGrant>, Notice> {
    for client in clients {
        match client.token(&args.account, request) {
            Ok(grant) => return Ok(Some(grant)),
            // An engine that ends says nothing; the next one may do the work.
            Err(Trouble::Nobody | Trouble::Gone) => {}
            Err(Trouble::Said(notice)) => return Err(*notice),
        }
    }
    Ok(None)
}

/// Prints a token: itself, its headers, or all as JSON.
///
/// # Errors
/// If it holds control characters, which no line may carry (T13), or the output cannot be written.
pub fn print(grant: &TokenGrant, args: &Token, screen: &Screen) -> Outcome {
    if let Some(warning) = &grant.warning {
        screen.remark(&format!("lamp: {warning}"));
    }
    if grant.still_good {
        screen.remark(screen.pick(
            "lamp: this token is still good; the 401 must have another cause.",
            "lamp\u{a0}: ce jeton est encore bon\u{a0}; le 401 doit avoir une autre cause.",
        ));
    }
    if screen.json {
        let mut json = write_grant(grant);
        json.push(b'\n');
        out(&json)?;
        return Ok(0);
    }
    let values = grant.headers.iter().map(|(_, value)| value).chain([&grant.value]);
    if values.into_iter().any(|value| value.expose().iter().any(u8::is_ascii_control)) {
        return Err(not_a_line(&args.account, screen.lang).into());
    }
    let mut stdout = io::stdout().lock();
    if args.header {
        if grant.headers.is_empty() {
            return Err(no_header(&args.account, screen.lang).into());
        }
        for (name, value) in &grant.headers {
            stdout.write_all(name.as_bytes())?;
            stdout.write_all(b": ")?;
            stdout.write_all(value.expose())?;
            stdout.write_all(b"\n")?;
        }
    } else {
        stdout.write_all(grant.value.expose())?;
        stdout.write_all(b"\n")?;
    }
    stdout.flush()?;
    Ok(0)
}

fn trimmed(token: &Secret) -> Secret {
    Secret::new(token.expose().trim_ascii())
}

fn millis(time: std::time::Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

fn no_rejected(lang: Lang) -> Notice {
    let what = lang.pick(
        "No rejected token came on standard input.",
        "Aucun jeton refusé n’est arrivé sur l’entrée standard.",
    );
    Notice::new(Code::Usage, what).cure("printf %s \"$TOKEN\" | lamp token ACCOUNT --rejected -")
}

fn on_the_command_line(lang: Lang) -> Notice {
    let what = lang.pick(
        "`--rejected` takes only `-`: what stands on a command line can be read by others.",
        "`--rejected` n’accepte que `-`\u{a0}: ce qui figure sur une ligne de commande peut être lu par d’autres.",
    );
    Notice::new(Code::Usage, what).cure("printf %s \"$TOKEN\" | lamp token ACCOUNT --rejected -")
}

fn not_a_line(account: &str, lang: Lang) -> Notice {
    let what = lang.pick(
        "This token holds control characters and cannot be printed as a line.",
        "Ce jeton contient des caractères de contrôle et ne peut pas être affiché sur une ligne.",
    );
    Notice::new(Code::Refused, what).of(account).cure(lang.pick("Use --json.", "Utilisez --json."))
}

fn no_header(account: &str, lang: Lang) -> Notice {
    let what = lang.pick(
        "This service’s file names no header for its tokens.",
        "Le fichier de ce service ne nomme aucun en-tête pour ses jetons.",
    );
    Notice::new(Code::UnknownToken, what)
        .of(account)
        .cure(lang.pick("Leave --header out.", "Enlevez --header."))
}
