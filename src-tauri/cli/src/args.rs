//! The command line, as clap reads it. The doc comments are the English help; French is in
//! [`crate::help_fr`].

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use lamplighter_core::id::{AccountName, ProviderId, TokenName, VarName};
use lamplighter_core::record::StoreKind;
use lamplighter_core::time::parse_duration;

/// Log in once. Lamplighter keeps every session and token alive, and hands fresh ones to your programs.
#[derive(Parser)]
#[command(name = "lamp", version, arg_required_else_help = true, disable_help_subcommand = true)]
pub struct Lamp {
    /// Print JSON, errors too; it is stable
    #[arg(long, global = true)]
    pub json: bool,

    #[command(subcommand)]
    pub command: Command,
}

#[derive(Subcommand)]
pub enum Command {
    /// Log in: to a service for the first time, or again with an account
    Login(Login),
    /// List all accounts
    List,
    /// Show how an account stands, or all of them; the exit code tells the worst
    Status {
        /// Name or id
        account: Option<String>,
    },
    /// Print a valid token, refreshed first if need be
    Token(Token),
    /// Refresh what is due
    Refresh {
        /// Names or ids; all if none is given
        accounts: Vec<String>,
        /// Refresh though nothing is due
        #[arg(long)]
        force: bool,
        /// Only say what would be done
        #[arg(long)]
        dry_run: bool,
        /// Send a request whose reply was lost once more, where that is up to you
        #[arg(long, requires = "accounts", conflicts_with_all = ["force", "dry_run"])]
        try_once: bool,
    },
    /// Prove that a login works, refreshing if needed
    Check {
        /// Name or id
        account: String,
    },
    /// Stop refreshing until resumed
    Pause(Which),
    /// Refresh again
    Resume(Which),
    /// End the session at the service, then delete what is stored
    Logout {
        /// Name or id
        account: String,
    },
    /// Give an account another name
    Rename {
        /// Name or id
        account: String,
        /// The new name
        name: AccountName,
    },
    /// Show past refreshes, newest first
    History {
        /// Name or id
        account: String,
        /// How many
        #[arg(long, default_value_t = 20)]
        limit: u32,
    },
    /// The services that Lamplighter knows
    #[command(subcommand)]
    Provider(Provider),
    /// Secret settings of an account, such as a client secret
    #[command(subcommand)]
    Secret(SecretCommand),
    /// Who is told elsewhere when a login needs you
    #[command(subcommand)]
    Alert(AlertCommand),
    /// Keep logins alive without a desktop, until ended: for servers, containers, service managers
    Serve,
    /// Where logins are kept
    Store {
        #[command(subcommand)]
        command: Option<StoreCommand>,
    },
    /// Print the description of the local API (OpenAPI)
    Openapi,
    /// Print completions for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

#[derive(Args)]
pub struct Login {
    /// A service (see `lamp provider list`), or the name of an account
    pub target: String,
    /// Name of the new account
    #[arg(long = "as", value_name = "NAME")]
    pub name: Option<AccountName>,
    /// A setting of the service; for secret ones write KEY=- and it is asked for
    #[arg(long = "set", value_name = "KEY=VALUE", value_parser = setting)]
    pub settings: Vec<(VarName, String)>,
    /// Which of the service's ways to log in, counted from 0
    #[arg(long)]
    pub way: Option<usize>,
    /// Print addresses, do not open a browser
    #[arg(long)]
    pub no_open: bool,
}

/// What `lamp token` takes; also read by itself, because the whole table takes longer than the call.
#[derive(Args, Debug, PartialEq, Eq)]
pub struct Token {
    /// Name or id
    pub account: String,
    /// Which token; the account's default one if left out
    #[arg(long)]
    pub name: Option<TokenName>,
    /// It must be valid for at least this long, such as 5m
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub min_valid: Option<Duration>,
    /// Print the header to send instead, such as `Authorization: Bearer …`
    #[arg(long)]
    pub header: bool,
    /// A token got a 401: `-` reads it from standard input
    #[arg(long, value_name = "-")]
    pub rejected: Option<String>,
    /// Any token that is still valid will do
    #[arg(long)]
    pub stale: bool,
    /// How long to wait for a refresh
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = duration)]
    pub wait: Duration,
}

/// [`Token`] alone, for the quick way.
#[derive(Parser, Debug, PartialEq, Eq)]
#[command(name = "lamp token", about = "Print a valid token, refreshed first if need be")]
pub struct TokenAlone {
    /// Print JSON, errors too; it is stable
    #[arg(long)]
    pub json: bool,

    #[command(flatten)]
    pub token: Token,
}

impl TokenAlone {
    /// An account and nothing else, as most programs ask: telling clap what there is takes longer than the call.
    /// `None` leaves it to clap.
    pub fn of_account(words: &[OsString]) -> Option<Self> {
        let [account] = words else { return None };
        let account = account.to_str().filter(|account| !account.is_empty() && !account.starts_with('-'))?;
        let token = Token {
            account: account.to_owned(),
            name: None,
            min_valid: None,
            header: false,
            rejected: None,
            stale: false,
            wait: Duration::from_secs(30),
        };
        Some(Self { json: false, token })
    }
}

#[derive(Args)]
pub struct Which {
    /// Name or id
    #[arg(required_unless_present = "all")]
    pub account: Option<String>,
    /// All accounts
    #[arg(long, conflicts_with = "account")]
    pub all: bool,
}

#[derive(Subcommand)]
pub enum Provider {
    /// List all services
    List,
    /// Show one service
    Show {
        /// Its id
        id: ProviderId,
    },
    /// Check a provider file
    Check {
        /// The file
        file: PathBuf,
    },
}

#[derive(Subcommand)]
pub enum AlertCommand {
    /// List who is told, and how the last message to each went
    List,
    /// Send a marked sample, and say how it went
    Test {
        /// Only to those that are told of this account: its name or id
        account: Option<String>,
    },
}

#[derive(Subcommand)]
pub enum SecretCommand {
    /// Set a secret: asked for without echo, or read from standard input
    Set {
        /// Name or id of the account; `alerts` for the addresses that alerts go to
        account: String,
        /// Name of the secret
        #[arg(value_parser = secret_name)]
        name: VarName,
    },
    /// List the names of an account's secrets
    List {
        /// Name or id of the account; `alerts` for the addresses that alerts go to
        account: String,
    },
    /// Remove a secret
    Rm {
        /// Name or id of the account; `alerts` for the addresses that alerts go to
        account: String,
        /// Name of the secret
        #[arg(value_parser = secret_name)]
        name: VarName,
    },
}

#[derive(Subcommand)]
pub enum StoreCommand {
    /// Show which store is used, and in which one each login lies
    Show,
    /// Move all logins to a store, and use that from now on; Lamplighter must not be running
    Move {
        /// Which
        to: StoreName,
    },
    /// Make a key for sealed files: 32 random bytes that only you can read
    Key {
        /// The file; it must not be there yet
        file: PathBuf,
    },
}

/// The stores by the names that `config.toml` gives them.
#[derive(Clone, Copy, clap::ValueEnum)]
pub enum StoreName {
    /// The system's keyring
    Keyring,
    /// The Linux kernel's keyring
    Keyutils,
    /// Sealed files
    Sealed,
}

impl From<StoreName> for StoreKind {
    fn from(name: StoreName) -> Self {
        match name {
            StoreName::Keyring => Self::Keyring,
            StoreName::Keyutils => Self::Keyutils,
            StoreName::Sealed => Self::Sealed,
        }
    }
}

fn duration(text: &str) -> Result<Duration, String> {
    parse_duration(text).ok_or_else(|| "a time such as 30s, 5m or 12h".to_owned())
}

/// The name of a secret; a hyphen is the same as an underscore.
fn secret_name(text: &str) -> Result<VarName, String> {
    text.replace('-', "_").parse().map_err(|error: lamplighter_core::id::InvalidId| error.to_string())
}

fn setting(text: &str) -> Result<(VarName, String), String> {
    let (name, value) = text.split_once('=').ok_or("KEY=VALUE")?;
    let name = name.parse().map_err(|error: lamplighter_core::id::InvalidId| error.to_string())?;
    Ok((name, value.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_alone_is_read_as_clap_reads_it() {
        for account in ["work", "0", "help", "two words", "é", "a-b"] {
            let by_clap = TokenAlone::try_parse_from(["lamp token", account]).expect("it is right");
            assert_eq!(TokenAlone::of_account(&[account.into()]), Some(by_clap), "{account}");
        }
    }

    #[test]
    fn whatever_else_there_is_to_read_is_left_to_clap() {
        let all: [&[&str]; 7] =
            [&[], &[""], &["--help"], &["-"], &["--"], &["work", "--stale"], &["work", "other"]];
        for words in all {
            let words: Vec<OsString> = words.iter().map(OsString::from).collect();
            assert_eq!(TokenAlone::of_account(&words), None, "{words:?}");
        }
    }
}
