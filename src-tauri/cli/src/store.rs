//! `lamp store`: where logins are kept, moving them, and a key for sealed files. Without an engine: what is moved must not
//! be refreshed meanwhile.

use std::path::Path;

use lamplighter_core::record::StoreKind;
use lamplighter_core::report::{Code, Notice};
use lamplighter_core::secret::Secret;
use lamplighter_core::text::{Lang, system};
use lamplighter_engine::clock::SystemClock;
use lamplighter_engine::paths::{Env, Paths};
use lamplighter_engine::store::sealed::is_new;
use lamplighter_engine::store::sealed::key::make_key_file;
use lamplighter_engine::store::{KeySource, OfKind, Places, kinds};
use lamplighter_engine::{Move, Moved, configured, places};
use serde::Serialize;

use crate::args::StoreCommand;
use crate::prompt;
use crate::screen::{Outcome, Screen, table};

/// Shows, moves, or makes a key.
///
/// # Errors
/// What is in the way.
pub fn run(command: Option<StoreCommand>, screen: &Screen) -> Outcome {
    match command {
        None | Some(StoreCommand::Show) => show(screen),
        Some(StoreCommand::Move { to }) => move_to(to.into(), screen),
        Some(StoreCommand::Key { file }) => make_key(&file, screen),
    }
}

/// Asks for the passphrase of the sealed files, twice if it is new: nothing opens what a slip of the finger has sealed.
pub fn passphrase(is_new: bool, lang: Lang) -> Option<Secret> {
    if !prompt::is_possible() {
        return None;
    }
    let ask = |en, fr| prompt::hidden(lang.pick(en, fr)).ok().flatten();
    if !is_new {
        return ask("Passphrase of the sealed files:", "Phrase secrète des fichiers scellés\u{a0}:");
    }
    let first =
        ask("New passphrase for the sealed files:", "Nouvelle phrase secrète des fichiers scellés\u{a0}:")?;
    let again = ask("Once more:", "Encore une fois\u{a0}:")?;
    (first == again).then_some(first)
}

/// Where everything lies, and which store the settings name.
struct Known {
    paths: Paths,
    kind: StoreKind,
    store_key: Option<String>,
}

impl Known {
    fn find(lang: Lang) -> Result<Self, Notice> {
        let paths = Paths::resolve(&Env::of_process(), lang)?;
        let settings = configured(&paths.config_file(), lang)?.settings;
        Ok(Self { paths, kind: settings.store, store_key: settings.store_key })
    }

    /// The sealed files' key; the person is asked for it only where it is used.
    fn key(&self, is_used: bool, lang: Lang) -> KeySource {
        let key = KeySource::of_process(self.store_key.as_deref());
        if !is_used || !key.is_to_be_asked() {
            return key;
        }
        let is_new = is_new(&self.paths.sealed());
        passphrase(is_new, lang).map_or(KeySource::NoPassphrase, KeySource::Passphrase)
    }

    fn store(&self, kind: StoreKind, key: KeySource) -> OfKind {
        (kind, Places::of(&self.paths).store(kind, key))
    }
}

#[derive(Serialize)]
struct Shown {
    store: StoreKind,
    words: String,
    sealed: String,
    key: Option<String>,
    accounts: Vec<Lies>,
}

#[derive(Serialize)]
struct Lies {
    account: String,
    stores: Vec<StoreKind>,
}

fn show(screen: &Screen) -> Outcome {
    let known = Known::find(screen.lang)?;
    // Whether a sealed file is there can be seen without its key.
    let mut stores: Vec<OfKind> = kinds().map(|kind| known.store(kind, KeySource::Unnamed)).collect();
    let rows = places(&known.paths.config_file(), &mut stores, screen.lang)?;
    let accounts =
        rows.into_iter().map(|(name, stores)| Lies { account: name.to_string(), stores }).collect();
    let shown = Shown {
        store: known.kind,
        words: known.kind.words(screen.lang).to_owned(),
        sealed: known.paths.sealed().display().to_string(),
        key: known.key(false, screen.lang).path().map(|path| path.display().to_string()),
        accounts,
    };
    if screen.json {
        screen.json(&shown)?;
        return Ok(0);
    }
    screen.line(&shown.words)?;
    if shown.store == StoreKind::Sealed {
        screen.line(&format!("{} {}", screen.pick("Files:", "Fichiers\u{a0}:"), shown.sealed))?;
        if let Some(key) = &shown.key {
            screen.line(&format!("{} {key}", screen.pick("Key:", "Clé\u{a0}:")))?;
        }
    }
    let cells = |lies: &Lies| {
        let names: Vec<&str> = lies.stores.iter().map(|kind| kind.word()).collect();
        vec![lies.account.clone(), if names.is_empty() { "–".to_owned() } else { names.join(", ") }]
    };
    let rows: Vec<Vec<String>> = shown.accounts.iter().map(cells).collect();
    if !rows.is_empty() {
        let head =
            if screen.lang == Lang::Fr { ["COMPTE", "SE TROUVE DANS"] } else { ["ACCOUNT", "LIES IN"] };
        screen.line(&table(&head, &rows))?;
    }
    Ok(0)
}

fn move_to(to: StoreKind, screen: &Screen) -> Outcome {
    let lang = screen.lang;
    let known = Known::find(lang)?;
    let is_used = to == StoreKind::Sealed || known.kind == StoreKind::Sealed;
    let store = |kind| match kind {
        StoreKind::Sealed => known.store(kind, known.key(is_used, lang)),
        _ => known.store(kind, KeySource::Unnamed),
    };
    let others = kinds().filter(|kind| *kind != to).map(store).collect();
    let clock = SystemClock::new();
    let work = Move { paths: &known.paths, to: store(to), others, clock: &clock, lang };
    let Moved { copied, removed } = work.run(|_| {})?;
    if screen.json {
        screen.json(&serde_json::json!({ "copied": copied, "removed": removed }))?;
        return Ok(0);
    }
    screen.remark(&match lang {
        Lang::En => format!("Entries copied: {copied}; old ones removed: {removed}."),
        Lang::Fr => format!("Entrées copiées\u{a0}: {copied}\u{a0}; anciennes supprimées\u{a0}: {removed}."),
    });
    Ok(0)
}

fn make_key(file: &Path, screen: &Screen) -> Outcome {
    let lang = screen.lang;
    make_key_file(file).map_err(|error| {
        let (path, said) = (file.display(), system(&error.to_string(), lang));
        let what = match lang {
            Lang::En => format!("The key file {path} cannot be made: {said}."),
            Lang::Fr => format!("Le fichier de clé {path} n’a pas pu être créé\u{a0}: {said}."),
        };
        Notice::new(Code::Disk, what)
            .safe(lang.pick("Nothing was overwritten.", "Rien n’a été écrasé."))
            .cure(
                lang.pick(
                    "Name a file that is not there yet.",
                    "Indiquez un fichier qui n’existe pas encore.",
                ),
            )
    })?;
    let path = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
    screen.remark(&match lang {
        Lang::En => format!(
            "The key is in {0}. Keep a copy elsewhere: without it nothing opens what it seals. Next: store_key = \"{0}\" under [settings] in config.toml, then `lamp store move sealed`.",
            path.display()
        ),
        Lang::Fr => format!(
            "La clé est dans {0}. Gardez-en une copie ailleurs\u{a0}: sans elle, rien n’ouvre ce qu’elle scelle. Ensuite\u{a0}: store_key = \"{0}\" sous [settings] dans config.toml, puis `lamp store move sealed`.",
            path.display()
        ),
    });
    Ok(0)
}
