//! All providers: those that come with Lamplighter, and the files of the user, which win.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use lamplighter_core::api::{FieldView, ProviderView};
use lamplighter_core::id::ProviderId;
use lamplighter_core::provider::model::{LoginKind, Part, Place, Strategy, Template};
use lamplighter_core::provider::{Mistake, Provider, built_in, parse};
use lamplighter_core::report::{Code, Notice};
use lamplighter_core::text::{Lang, system};

use super::configuration::broken;

/// Largest file that is read.
const LARGEST: u64 = 1024 * 1024;

/// The providers in force.
pub(crate) struct Providers {
    folder: PathBuf,
    list: BTreeMap<ProviderId, Known>,
    /// Files that cannot be used; the others load (F63).
    bad: Vec<Bad>,
    /// What the folder looked like.
    seen: Vec<(PathBuf, Option<SystemTime>, u64)>,
}

struct Known {
    provider: Arc<Provider>,
    path: Option<PathBuf>,
}

struct Bad {
    name: String,
    path: PathBuf,
    why: Why,
}

enum Why {
    Mistakes(Vec<Mistake>),
    Name,
    Unreadable(String),
}

impl Providers {
    /// Reads all.
    pub(crate) fn read(folder: PathBuf) -> Self {
        let mut this = Self { folder, list: BTreeMap::new(), bad: Vec::new(), seen: Vec::new() };
        this.seen = this.look();
        this.load();
        this
    }

    /// Reads again if the folder looks different; whether it did.
    pub(crate) fn look_again(&mut self) -> bool {
        let seen = self.look();
        if seen == self.seen {
            return false;
        }
        self.seen = seen;
        self.load();
        true
    }

    /// One provider.
    pub(crate) fn get(&self, id: &ProviderId) -> Option<Arc<Provider>> {
        self.list.get(id).map(|known| known.provider.clone())
    }

    /// Why an account has no provider.
    pub(crate) fn missing(&self, id: &ProviderId, lang: Lang) -> Notice {
        if let Some(bad) = self.bad.iter().find(|bad| bad.name == id.as_str()) {
            return bad.notice(lang);
        }
        let what = match lang {
            Lang::En => format!("There is no provider “{id}”."),
            Lang::Fr => format!("Il n’y a pas de fournisseur «\u{a0}{id}\u{a0}»."),
        };
        let cure = match lang {
            Lang::En => format!("See `lamp provider list`, or put {id}.toml into {}.", self.folder.display()),
            Lang::Fr => {
                format!("Voyez `lamp provider list`, ou placez {id}.toml dans {}.", self.folder.display())
            }
        };
        Notice::new(Code::UnknownProvider, what).cure(cure)
    }

    /// All of them, for people; broken files included.
    pub(crate) fn views(&self, lang: Lang) -> Vec<ProviderView> {
        let known = self.list.iter().map(|(id, known)| view(id, known));
        known.chain(self.bad.iter().map(|bad| bad.view(lang))).collect()
    }

    fn look(&self) -> Vec<(PathBuf, Option<SystemTime>, u64)> {
        let mut files: Vec<_> = files_of(&self.folder)
            .into_iter()
            .map(|path| {
                let metadata = std::fs::metadata(&path).ok();
                let changed = metadata.as_ref().and_then(|metadata| metadata.modified().ok());
                (path, changed, metadata.map_or(0, |metadata| metadata.len()))
            })
            .collect();
        files.sort();
        files
    }

    fn load(&mut self) {
        self.bad.clear();
        let built_in = built_in::all().into_iter();
        self.list = built_in
            .map(|provider| (provider.id.clone(), Known { provider: Arc::new(provider), path: None }))
            .collect();
        for path in files_of(&self.folder) {
            let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            match load(&name, &path) {
                Ok(provider) => {
                    let known = Known { provider: Arc::new(provider), path: Some(path) };
                    self.list.insert(known.provider.id.clone(), known);
                }
                Err(why) => {
                    // A broken file does not fall back to the built-in of its name: the person meant theirs.
                    if let Ok(id) = name.parse::<ProviderId>() {
                        self.list.remove(&id);
                    }
                    self.bad.push(Bad { name, path, why });
                }
            }
        }
    }
}

fn files_of(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut files: Vec<_> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .collect();
    files.sort();
    files
}

fn load(name: &str, path: &Path) -> Result<Provider, Why> {
    let id: ProviderId = name.parse().map_err(|_| Why::Name)?;
    let unreadable = |error: std::io::Error| Why::Unreadable(error.to_string());
    if std::fs::metadata(path).map_err(unreadable)?.len() > LARGEST {
        return Err(Why::Unreadable("more than 1 MiB".to_owned()));
    }
    let text = std::fs::read_to_string(path).map_err(unreadable)?;
    parse(id, &text).map_err(Why::Mistakes)
}

impl Bad {
    fn notice(&self, lang: Lang) -> Notice {
        let path = self.path.display();
        match &self.why {
            Why::Mistakes(mistakes) => broken(&self.path, mistakes, lang).next(lang.pick(
                "Accounts of this service wait until it is corrected; all others go on.",
                "Les comptes de ce service attendent sa correction\u{a0}; tous les autres continuent.",
            )),
            Why::Name => Notice::new(
                Code::BadFile,
                match lang {
                    Lang::En => format!("{path}: the file’s name is no provider id."),
                    Lang::Fr => {
                        format!("{path}\u{a0}: le nom du fichier n’est pas un identifiant de fournisseur.")
                    }
                },
            )
            .cure(
                lang.pick("Use 1 to 64 of a-z 0-9 . _ -", "Utilisez 1 à 64 caractères parmi a-z 0-9 . _ -"),
            ),
            Why::Unreadable(error) => Notice::new(
                Code::BadFile,
                match lang {
                    Lang::En => format!("{path} cannot be read: {}.", system(error, lang)),
                    Lang::Fr => format!("{path} est illisible\u{a0}: {}.", system(error, lang)),
                },
            ),
        }
    }

    fn view(&self, lang: Lang) -> ProviderView {
        ProviderView {
            id: self.name.clone(),
            name: self.name.clone(),
            built_in: false,
            path: Some(self.path.display().to_string()),
            hosts: Vec::new(),
            vars: Vec::new(),
            logins: Vec::new(),
            refreshes: Vec::new(),
            notice: Some(self.notice(lang)),
        }
    }
}

fn view(id: &ProviderId, known: &Known) -> ProviderView {
    let provider = &known.provider;
    let vars = provider.vars.iter().map(|(name, var)| FieldView {
        name: name.to_string(),
        label: var.label.clone(),
        secret: var.secret,
        optional: var.default.is_some(),
        default: var.default.clone(),
        kind: if var.is_url { "url" } else { "text" }.to_owned(),
        help: var.help.clone(),
    });
    ProviderView {
        id: id.to_string(),
        name: provider.name.clone(),
        built_in: known.path.is_none(),
        path: known.path.as_ref().map(|path| path.display().to_string()),
        hosts: provider.hosts.iter().map(text_of).collect(),
        vars: vars.collect(),
        logins: provider.logins.iter().map(|login| login_kind(&login.kind).to_owned()).collect(),
        refreshes: provider.rungs.iter().map(|rung| strategy(&rung.strategy).to_owned()).collect(),
        notice: None,
    }
}

fn login_kind(kind: &LoginKind) -> &'static str {
    match kind {
        LoginKind::Web { chrome: false, .. } => "webview",
        LoginKind::Web { chrome: true, .. } => "chrome",
        LoginKind::OAuth { .. } => "oauth",
        LoginKind::Device => "device",
        LoginKind::Form { .. } => "form",
        LoginKind::Paste { .. } => "paste",
    }
}

fn strategy(strategy: &Strategy) -> &'static str {
    match strategy {
        Strategy::OAuth => "oauth",
        Strategy::Http { .. } => "http",
        Strategy::Browser { .. } => "browser",
        Strategy::Manual => "manual",
    }
}

/// A template as its author wrote it.
fn text_of(template: &Template) -> String {
    let part = |part: &Part| match part {
        Part::Text(text) => text.clone(),
        Part::Place(Place::Var(name)) => format!("{{{{{name}}}}}"),
        Part::Place(_) => "{{…}}".to_owned(),
    };
    template.0.iter().map(part).collect()
}
