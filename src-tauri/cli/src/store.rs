//! `lamp store`: where logins are kept, moving them, and a key for sealed files. Without an engine: what is moved must not
//! be refreshed meanwhile.

use std::io::ErrorKind;
use std::path::Path;

use lamplighter_core::api::{Request, Response};
use lamplighter_core::record::{KeyTrouble, StoreError, StoreKind};
use lamplighter_core::report::{Code, Notice};
use lamplighter_core::secret::Secret;
use lamplighter_core::text::{self, Lang, Why, notice, system};
use lamplighter_engine::clock::SystemClock;
use lamplighter_engine::lock::holder_of;
use lamplighter_engine::paths::{Env, Paths};
use lamplighter_engine::store::sealed::is_new;
use lamplighter_engine::store::sealed::key::{is_beside, make_key_file};
use lamplighter_engine::store::{KeySource, OfKind, Places, kinds};
use lamplighter_engine::{Move, Moved, OwedList, configured, owed, places};
use serde::Serialize;

use crate::args::StoreCommand;
use crate::engine::clients;
use crate::prompt;
use crate::screen::{Failure, Outcome, Screen, table};

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

/// So often a new passphrase may be typed differently the second time.
const MOST_SLIPS: usize = 3;

/// Asks for the passphrase of the sealed files, twice if it is new: nothing opens what a slip of the finger has sealed.
pub fn passphrase(is_new: bool, lang: Lang) -> Option<Secret> {
    if !prompt::is_possible() {
        return None;
    }
    let ask = |en, fr| prompt::hidden(lang.pick(en, fr)).ok().flatten();
    if !is_new {
        return ask("Passphrase of the sealed files:", "Phrase secrète des fichiers scellés\u{a0}:");
    }
    for _ in 0..MOST_SLIPS {
        let first = ask(
            "New passphrase for the sealed files:",
            "Nouvelle phrase secrète des fichiers scellés\u{a0}:",
        )?;
        if ask("Once more:", "Encore une fois\u{a0}:")? == first {
            return Some(first);
        }
        prompt::say(lang.pick(
            "These two were not the same. Type it again, both times.",
            "Les deux n’étaient pas identiques. Saisissez-la à nouveau, deux fois.",
        ));
    }
    None
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
    /// What the settings say.
    store: StoreKind,
    words: String,
    /// What an engine that runs uses, if that is another one: the settings count from its next start on.
    #[serde(skip_serializing_if = "Option::is_none")]
    in_force: Option<StoreKind>,
    sealed: String,
    key: Option<String>,
    accounts: Vec<Lies>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unseen: Vec<Closed>,
    /// What logouts could not erase yet: stores, by the account's id.
    #[serde(skip_serializing_if = "OwedList::is_empty")]
    to_erase: OwedList,
}

#[derive(Serialize)]
struct Lies {
    account: String,
    stores: Vec<StoreKind>,
    /// Those that did not say whether they have it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unseen: Vec<StoreKind>,
}

/// A store that could not be looked at, with what to do.
#[derive(Serialize)]
struct Closed {
    store: StoreKind,
    notice: Notice,
}

fn show(screen: &Screen) -> Outcome {
    let known = Known::find(screen.lang)?;
    // Whether a sealed file is there can be seen without its key.
    let mut stores: Vec<OfKind> = kinds().map(|kind| known.store(kind, KeySource::Unnamed)).collect();
    let places = places(&known.paths.config_file(), &mut stores, screen.lang)?;
    let (mut accounts, mut unseen): (Vec<Lies>, Vec<Closed>) = Default::default();
    for place in places {
        // What another store may hold as well is told only where nothing was found.
        let closed = if place.stores.is_empty() { place.unseen } else { Vec::new() };
        let kinds = closed.iter().map(|(kind, _)| *kind).collect();
        for (store, error) in closed {
            if unseen.iter().all(|there| there.store != store) {
                unseen.push(Closed { store, notice: closed_store(error, screen) });
            }
        }
        accounts.push(Lies { account: place.account.to_string(), stores: place.stores, unseen: kinds });
    }
    let shown = Shown {
        store: known.kind,
        words: known.kind.words(screen.lang).to_owned(),
        sealed: known.paths.sealed().display().to_string(),
        key: known.key(false, screen.lang).path().map(|path| path.display().to_string()),
        in_force: in_force(&known.paths, screen.lang).filter(|kind| *kind != known.kind),
        accounts,
        unseen,
        to_erase: owed(&known.paths),
    };
    if screen.json {
        screen.json(&shown)?;
        return Ok(0);
    }
    match shown.in_force {
        Some(used) => screen.line(&differs(used, shown.store, screen.lang))?,
        None => screen.line(&shown.words)?,
    }
    if shown.store == StoreKind::Sealed {
        screen.line(&format!("{} {}", screen.pick("Files:", "Fichiers\u{a0}:"), shown.sealed))?;
        if let Some(key) = &shown.key {
            screen.line(&format!("{} {key}", screen.pick("Key:", "Clé\u{a0}:")))?;
        }
    }
    show_accounts(&shown, screen)?;
    if let Some(left) = text::still_to_erase(&shown.to_erase, screen.lang) {
        let parts = [Some(left.what), left.next, left.cure];
        screen.line(&parts.into_iter().flatten().collect::<Vec<_>>().join(" "))?;
    }
    Ok(0)
}

/// Which store the engine uses that runs, if one runs and says so.
fn in_force(paths: &Paths, lang: Lang) -> Option<StoreKind> {
    // One that is stopped would be waited for in vain.
    if holder_of(paths).is_some_and(|holder| holder.is_stopped()) {
        return None;
    }
    clients(lang).ok()?.find_map(|client| match client.call(&Request::Engine) {
        Ok(Response::Engine { engine }) => engine.store,
        _ => None,
    })
}

fn differs(used: StoreKind, named: StoreKind, lang: Lang) -> String {
    let (words, name) = (used.words(lang), named.name(lang));
    match lang {
        Lang::En => format!(
            "{words} So it is in the Lamplighter that runs now. config.toml names {name}: that counts from its next start on, and moves nothing."
        ),
        Lang::Fr => format!(
            "{words} C’est ainsi dans le Lamplighter qui tourne. config.toml indique {name}\u{a0}: ce sera le cas à son prochain démarrage, et rien n’est déplacé."
        ),
    }
}

/// Where each login lies; what to do where that is not to be seen, or where a move has left something.
fn show_accounts(shown: &Shown, screen: &Screen) -> Result<(), Failure> {
    let cells = |lies: &Lies| {
        let names: Vec<&str> = lies.stores.iter().map(|kind| kind.word()).collect();
        let unknown = || screen.pick("not to be seen now", "pas visible pour l’instant").to_owned();
        let place = match (names.is_empty(), lies.unseen.is_empty()) {
            (true, true) => "–".to_owned(),
            (true, false) => unknown(),
            (false, _) => names.join(", "),
        };
        vec![lies.account.clone(), place]
    };
    let rows: Vec<Vec<String>> = shown.accounts.iter().map(cells).collect();
    if !rows.is_empty() {
        let head =
            if screen.lang == Lang::Fr { ["COMPTE", "SE TROUVE DANS"] } else { ["ACCOUNT", "LIES IN"] };
        screen.line(&table(&head, &rows))?;
    }
    for Closed { store, notice } in &shown.unseen {
        let (word, cure) = (store.word(), notice.cure.as_deref().unwrap_or_default());
        let colon = screen.pick(":", "\u{a0}:");
        screen.line(&format!("{word}{colon} {} {cure}", notice.what))?;
    }
    if shown.accounts.iter().any(|lies| lies.stores.len() > 1) {
        let word = shown.store.word();
        screen.line(&match screen.lang {
            Lang::En => format!("A login in several stores was left by a move. To end it: quit Lamplighter, then `lamp store move {word}`. It removes what is old there; another login stays until you log out."),
            Lang::Fr => format!("Une connexion dans plusieurs endroits vient d’un déplacement inachevé. Pour le terminer\u{a0}: quittez Lamplighter, puis `lamp store move {word}`. Ce qui y est ancien est supprimé\u{a0}; une autre connexion reste jusqu’à la déconnexion."),
        })?;
    }
    Ok(())
}

fn closed_store(store: StoreError, screen: &Screen) -> Notice {
    let subject = text::Subject { account: "", service: "", lang: screen.lang, clock: screen.clock() };
    notice(&Why::Store { store }, &subject)
}

fn move_to(to: StoreKind, screen: &Screen) -> Outcome {
    let lang = screen.lang;
    let known = Known::find(lang)?;
    // Who changed the setting by hand has files there all the same.
    let has_files = !is_new(&known.paths.sealed());
    let is_used = to == StoreKind::Sealed || known.kind == StoreKind::Sealed || has_files;
    let store = |kind| match kind {
        StoreKind::Sealed => known.store(kind, known.key(is_used, lang)),
        _ => known.store(kind, KeySource::Unnamed),
    };
    let others = kinds().filter(|kind| *kind != to).map(store).collect();
    let clock = SystemClock::new();
    let work = Move { paths: &known.paths, to: store(to), others, clock: &clock, lang };
    let Moved { copied, removed, missing, unread } = work.run(|_| {})?;
    if screen.json {
        if let Some(missing) = missing {
            return Err(missing.into());
        }
        screen.json(&serde_json::json!({ "copied": copied, "removed": removed, "unread": unread }))?;
        return Ok(0);
    }
    screen.remark(&match lang {
        Lang::En => format!("Entries copied: {copied}; old ones removed: {removed}."),
        Lang::Fr => format!("Entrées copiées\u{a0}: {copied}\u{a0}; anciennes supprimées\u{a0}: {removed}."),
    });
    if let Some(missing) = missing {
        return Err(missing.into());
    }
    for kind in unread {
        let name = kind.name(lang);
        screen.remark(&match lang {
            Lang::En => format!("Whether {name} still holds old copies could not be seen. Run this again when it can be read."),
            Lang::Fr => format!("Impossible de voir si {name} contient encore d’anciennes copies. Relancez cette commande quand ce sera lisible."),
        });
    }
    Ok(0)
}

fn make_key(file: &Path, screen: &Screen) -> Outcome {
    let lang = screen.lang;
    let sealed = Paths::resolve(&Env::of_process(), lang)?.sealed();
    if is_beside(file, &sealed) {
        let there = file.display().to_string();
        return Err(closed_store(KeyTrouble::Beside(there).into(), screen)
            .safe(lang.pick("No key was made.", "Aucune clé n’a été créée."))
            .next(lang.pick("Nothing was changed.", "Rien n’a été modifié."))
            .into());
    }
    make_key_file(file).map_err(|error| not_made(file, &error, lang))?;
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

fn not_made(file: &Path, error: &std::io::Error, lang: Lang) -> Notice {
    let (path, said) = (file.display(), system(&error.to_string(), lang));
    let what = match lang {
        Lang::En => format!("The key file {path} cannot be made: {said}."),
        Lang::Fr => format!("Le fichier de clé {path} n’a pas pu être créé\u{a0}: {said}."),
    };
    let cure = match error.kind() {
        ErrorKind::AlreadyExists => lang.pick(
            "Name a file that is not there yet; the one that is there may be the only key of something.",
            "Indiquez un fichier qui n’existe pas encore\u{a0}; celui qui existe est peut-être la seule clé de quelque chose.",
        ),
        ErrorKind::NotFound | ErrorKind::NotADirectory => lang.pick(
            "Make its folder first, or name a file in a folder that is there.",
            "Créez d’abord son dossier, ou indiquez un fichier dans un dossier qui existe.",
        ),
        _ => lang.pick(
            "Name a file in a folder that you may write to, on a disk with some space left.",
            "Indiquez un fichier dans un dossier où vous pouvez écrire, sur un disque où il reste de la place.",
        ),
    };
    Notice::new(Code::Disk, what)
        .safe(lang.pick("Nothing was overwritten.", "Rien n’a été écrasé."))
        .cure(cure)
}
