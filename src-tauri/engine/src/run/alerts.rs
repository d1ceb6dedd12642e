//! Who is told elsewhere: web hooks of the configuration, and the secrets that are their addresses.

use std::sync::Arc;

use lamplighter_core::account::Event;
use lamplighter_core::api::{self, AlertView, Occasion, Response, Toast};
use lamplighter_core::config::{AlertSettings, AlertUrl, is_alert_address};
use lamplighter_core::id::{AccountId, VarName};
use lamplighter_core::record::StoreError;
use lamplighter_core::refresh::Amendment;
use lamplighter_core::report::{Code, Notice};
use lamplighter_core::secret::Secret;
use lamplighter_core::text::{self, Lang, Why};

use super::actor::Actor;
use super::message::{Message, Reply};
use super::perform::Ports;
use super::tokens::answer;
use super::typed;
use crate::alert::{Alert as _, Hook, Matter, Told, Tried, post};

/// Where the addresses of alerts are set and removed, instead of an account.
pub(in crate::run) const ALERTS: &str = "alerts";

/// A hook, and whom it tells of: one account, or all.
pub(crate) struct Watcher {
    account: Option<AccountId>,
    settings: AlertSettings,
    /// As people are told of it.
    to: String,
    hook: Hook,
}

impl Actor {
    /// Makes the hooks what the configuration in force says; those that stay keep what waits for them.
    pub(crate) fn take_alerts(&mut self) {
        let config = &self.configuration.config;
        let mut wanted: Vec<(Option<AccountId>, AlertSettings)> =
            config.alerts.iter().map(|settings| (None, settings.clone())).collect();
        for account in config.accounts.values() {
            let own = account.alerts.iter().map(|settings| (Some(account.id.clone()), settings.clone()));
            wanted.extend(own);
        }
        let mut old = std::mem::take(&mut self.watchers);
        let names = told_apart(&wanted.iter().map(|(_, settings)| &settings.url).collect::<Vec<_>>());
        for ((account, settings), to) in wanted.into_iter().zip(names) {
            let is_it = |watcher: &Watcher| {
                (&watcher.account, &watcher.settings, &watcher.to) == (&account, &settings, &to)
            };
            let known = old.iter().position(is_it).map(|at| old.swap_remove(at));
            let watcher = known.unwrap_or_else(|| {
                let messages = self.ports.messages.clone();
                let tried = move |tried: Tried| {
                    let messages = messages.clone();
                    tokio::spawn(async move {
                        if messages.send(Message::Alerted(tried)).await.is_err() {
                            tracing::debug!("an alert was delivered after the engine ended");
                        }
                    });
                };
                let hook = Hook::start(settings.clone(), to.clone(), self.ports.clone(), self.lang(), tried);
                Watcher { account, settings, to, hook }
            });
            self.watchers.push(watcher);
        }
        let unheard = old.into_iter().flat_map(|watcher| watcher.hook.unheard()).collect();
        self.on_unheard(unheard);
        self.on_alerts_mended();
    }

    /// An address or an entry is another one, or was found to work: what was missed is told if it is still so.
    pub(crate) fn on_alerts_mended(&mut self) {
        let missed = self.watchers.iter().flat_map(|watcher| watcher.hook.missed()).collect();
        self.on_unheard(missed);
    }

    fn on_unheard(&mut self, unheard: Vec<Matter>) {
        for (account, occasion) in unheard {
            self.on_event(Event::Unheard { account, occasion });
        }
    }

    /// Tells whoever watches this account.
    pub(crate) fn alert(&mut self, account: &AccountId, occasion: Occasion, why: Option<&Why>) {
        let told = self.told(account, occasion, why);
        let mut heard: Vec<&AlertSettings> = Vec::new();
        let mut is_anybody_told = false;
        for watcher in self.watchers.iter().filter(|watcher| watcher.is_about(account)) {
            // What nobody has heard of need not be called over.
            let is_moot = occasion == Occasion::Recovered && watcher.hook.settle(account);
            let is_same = |other: &&AlertSettings| {
                (other.kind, &other.url) == (watcher.settings.kind, &watcher.settings.url)
            };
            if is_moot || !watcher.settings.on.contains(&occasion) || heard.iter().any(is_same) {
                continue;
            }
            heard.push(&watcher.settings);
            watcher.hook.tell(&told);
            is_anybody_told = true;
        }
        if !is_anybody_told && occasion != Occasion::Recovered {
            self.on_event(Event::Alerted { account: account.clone(), occasion });
        }
    }

    fn told(&self, account: &AccountId, occasion: Occasion, why: Option<&Why>) -> Told {
        let lang = self.lang();
        let subject = self.subject(account, lang);
        let key = format!("{account}:{}", occasion.word());
        let why = why.map(|why| self.with_whereabouts(account, why));
        let toast = match &why {
            Some(why) => text::toast(key, Some(account.clone()), why, &subject),
            None => Toast {
                key,
                title: text::works_again(subject.account, lang),
                body: String::new(),
                buttons: Vec::new(),
                account: Some(account.clone()),
            },
        };
        Told {
            toast,
            account: subject.account.to_owned(),
            service: subject.service.to_owned(),
            occasion: Some(occasion),
            notice: why.map(|why| text::notice(&why, &subject)),
            at: self.now().wall,
        }
    }

    pub(crate) fn on_alerted(&mut self, Tried { settled, unheard }: Tried) {
        for (account, occasion) in settled {
            if occasion != Occasion::Recovered {
                self.on_event(Event::Alerted { account, occasion });
            }
        }
        self.on_unheard(unheard);
        self.tell(api::Event::Engine);
    }

    /// Whether a message is on its way: an engine that ends waits for it.
    pub(crate) fn is_alerting(&self) -> bool {
        self.watchers.iter().any(|watcher| watcher.hook.is_busy())
    }

    /// All entries, and how they went.
    pub(crate) fn alert_views(&self) -> Vec<AlertView> {
        self.watchers.iter().map(|watcher| self.alert_view(watcher)).collect()
    }

    fn alert_view(&self, watcher: &Watcher) -> AlertView {
        let (told, waiting, notice) = watcher.hook.state();
        let name = |id: &AccountId| self.entries.get(id).map(|entry| entry.name.clone());
        AlertView {
            account: watcher.account.as_ref().and_then(name),
            kind: watcher.settings.kind,
            to: watcher.to.clone(),
            on: watcher.settings.on.iter().copied().collect(),
            told,
            waiting: u32::try_from(waiting).unwrap_or(u32::MAX),
            notice,
        }
    }

    /// Sends a sample to every hook, or to those of one account, and says how it went.
    pub(super) fn test_alerts(&self, account: Option<&str>, lang: Lang, reply: Reply<Response>) {
        let of = match account.map(|account| self.find(account, lang)).transpose() {
            Ok(of) => of,
            Err(notice) => return answer(reply, Err(notice)),
        };
        let is_meant = |watcher: &&Watcher| of.as_ref().is_none_or(|of| watcher.is_about(of));
        let hooks: Vec<(AlertView, AlertSettings)> = self
            .watchers
            .iter()
            .filter(is_meant)
            .map(|watcher| (self.alert_view(watcher), watcher.settings.clone()))
            .collect();
        let ports = self.ports.clone();
        tokio::spawn(async move {
            // All at once: who asked does not wait for the sum of those that do not answer.
            let tries: Vec<_> =
                hooks.into_iter().map(|hook| tokio::spawn(try_sample(ports.clone(), hook, lang))).collect();
            let mut alerts = Vec::new();
            for tried in tries {
                alerts.extend(tried.await);
            }
            let is_any_taken = alerts.iter().any(|alert| alert.told.is_some());
            answer(reply, Ok(Response::Alerts { alerts }));
            if is_any_taken {
                say_mended(&ports).await;
            }
        });
    }

    /// Sets or removes the address of an alert, in the keychain.
    pub(super) fn amend_alerts(&self, change: Amendment, lang: Lang, reply: Reply<Response>) {
        if let Amendment::SetSecret(_, value) = &change
            && !value.expose_str().is_some_and(is_alert_address)
        {
            return answer(reply, Err(no_address(lang)));
        }
        let (ports, said) = (self.ports.clone(), self.store_refused(lang));
        tokio::spawn(async move {
            let done = match ALERTS.parse() {
                Ok(provider) => typed::change(&ports, &alerts(), provider, change).await,
                Err(_) => Err(StoreError::Absent(String::new())),
            };
            let is_done = done.is_ok();
            answer(reply, done.map(|_| Response::Done).map_err(said));
            if is_done {
                say_mended(&ports).await;
            }
        });
    }

    /// Names of the addresses that are kept.
    pub(super) fn list_alert_secrets(&self, lang: Lang, reply: Reply<Response>) {
        let (ports, said) = (self.ports.clone(), self.store_refused(lang));
        tokio::spawn(async move {
            let kept = typed::load(&ports, &alerts()).await;
            let names = kept.map(|kept| Response::Secrets { names: kept.into_keys().collect() });
            answer(reply, names.map_err(said));
        });
    }

    fn store_refused(&self, lang: Lang) -> impl FnOnce(StoreError) -> Notice + Send + 'static {
        let (now, tz) = (self.now().wall, self.time_zone.clone());
        move |store| {
            let clock = text::Clock { now, tz: &tz };
            text::notice(&Why::Store { store }, &text::Subject { account: "", service: "", lang, clock })
        }
    }
}

impl Watcher {
    fn is_about(&self, account: &AccountId) -> bool {
        self.account.as_ref().is_none_or(|of| of == account)
    }
}

/// How people are told of these: addresses of the same host get a number, in the order of the file, as in
/// "hooks.slack.com (2)".
fn told_apart(urls: &[&AlertUrl]) -> Vec<String> {
    let named = |url: &AlertUrl| {
        let name = url.shown();
        let mut alike: Vec<&AlertUrl> = Vec::new();
        for other in urls.iter().filter(|other| other.shown() == name) {
            if !alike.contains(other) {
                alike.push(other);
            }
        }
        match alike.iter().position(|other| *other == url) {
            Some(at) if alike.len() > 1 => format!("{name} ({})", at + 1),
            _ => name,
        }
    };
    urls.iter().map(|url| named(url)).collect()
}

/// The address that the keychain holds under this name.
///
/// # Errors
/// If the keychain cannot say.
pub(crate) async fn alert_address(ports: &Ports, name: &VarName) -> Result<Option<Secret>, StoreError> {
    Ok(typed::load(ports, &alerts()).await?.remove(name))
}

/// The keychain entry: no account's.
pub(super) fn alerts() -> AccountId {
    use sha2::Digest as _;
    let digest = sha2::Sha256::digest("addresses of alerts");
    let mut id = [0; 16];
    id.copy_from_slice(&digest[..16]);
    AccountId::from_random(id)
}

async fn try_sample(ports: Arc<Ports>, hook: (AlertView, AlertSettings), lang: Lang) -> AlertView {
    let (view, settings) = hook;
    let told = sample(&view, &ports, lang);
    let failed = post(&ports, &settings, &view.to, &[told], lang).await.err();
    let taken = failed.is_none().then(|| ports.clock.now().wall);
    AlertView { told: taken, notice: failed.map(|refusal| refusal.notice), ..view }
}

async fn say_mended(ports: &Ports) {
    if ports.messages.send(Message::AlertsMended).await.is_err() {
        tracing::debug!("an alert was mended after the engine ended");
    }
}

fn sample(view: &AlertView, ports: &Arc<Ports>, lang: Lang) -> Told {
    let account = view.account.as_ref().map(ToString::to_string).unwrap_or_default();
    let (title, body) = text::alert_sample(lang);
    Told {
        toast: Toast { key: String::new(), title, body, buttons: Vec::new(), account: None },
        account,
        service: String::new(),
        occasion: None,
        notice: None,
        at: ports.clock.now().wall,
    }
}

fn no_address(lang: Lang) -> Notice {
    Notice::new(
        Code::Usage,
        lang.pick(
            "This is no address that a message could go to.",
            "Ce n’est pas une adresse à laquelle un message pourrait aller.",
        ),
    )
    .safe(lang.pick("Nothing was changed.", "Rien n’a été modifié."))
    .cure(lang.pick(
        "Give the whole address of the web hook; it begins with https://",
        "Indiquez l’adresse complète du webhook\u{a0}; elle commence par https://",
    ))
}
