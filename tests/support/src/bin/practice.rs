//! The practice site for people: prints where it is and how to log in, and takes one-word commands.

#![allow(clippy::print_stdout, reason = "its output is what it is for")]

use std::io::BufRead as _;
use std::process::ExitCode;
use std::time::Duration;

use lamplighter_core::time::parse_duration;
use testkit::practice::{Settings, Site};

const HELP: &str = "\
practice [--port N] [--life DURATION] [--oauth-life DURATION]

Commands, one a line:
  code            what Ana's authenticator shows now
  end             end all of Ana's sessions
  revoke          revoke all access tokens; sessions stay
  session on|off  whether GET /api/session mints tokens (off: only a browser can)
  log             requests so far
  quit";

fn main() -> ExitCode {
    let settings = match parse(std::env::args().skip(1)) {
        Ok(settings) => settings,
        Err(why) => {
            eprintln!("{why}\n\n{HELP}");
            return ExitCode::from(2);
        }
    };
    let site = Site::start(settings);
    let ana = site.person();
    println!("address   {}", site.base());
    println!("e-mail    {}", ana.email);
    println!("password  {}", ana.password);
    println!("totp      {}", ana.totp.as_deref().unwrap_or("-"));
    println!("code      {}", site.totp_code(&ana.email));
    for line in std::io::stdin().lock().lines() {
        match line.as_deref().map(str::trim) {
            Ok("quit") | Err(_) => return ExitCode::SUCCESS,
            Ok(command) => obey(&site, command),
        }
    }
    // Nobody is at the other end of stdin (a service, a script): go on until somebody ends us.
    loop {
        std::thread::park();
    }
}

fn parse(mut words: impl Iterator<Item = String>) -> Result<Settings, String> {
    let mut settings = Settings::default();
    while let Some(word) = words.next() {
        let value = words.next().ok_or_else(|| format!("{word} needs a value"))?;
        let duration = || -> Result<Duration, String> {
            parse_duration(&value).ok_or_else(|| format!("{value} is not a duration such as 90s or 15m"))
        };
        match word.as_str() {
            "--port" => settings.port = value.parse().map_err(|_| format!("{value} is not a port"))?,
            "--life" => settings.token_life = duration()?,
            "--oauth-life" => settings.oauth_life = duration()?,
            _ => return Err(format!("{word} is not known")),
        }
    }
    Ok(settings)
}

fn obey(site: &Site, command: &str) {
    let email = &site.person().email;
    match command {
        "" => {}
        "code" => println!("{}", site.totp_code(email)),
        "end" => println!("{} sessions ended", site.end_session(email)),
        "revoke" => site.revoke_all_tokens(),
        "session on" => site.set_session_endpoint(true),
        "session off" => site.set_session_endpoint(false),
        "log" => {
            for entry in site.requests() {
                println!("{} {} {}", entry.status, entry.method, entry.path);
            }
        }
        _ => println!("{HELP}"),
    }
}
