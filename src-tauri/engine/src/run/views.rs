//! What people and programs see of accounts and engine; never a secret.

use lamplighter_core::account::Likely;
use lamplighter_core::api::{AccountView, EngineView, LikelyView, Standing, TokenView};
use lamplighter_core::id::AccountId;
use lamplighter_core::report::Notice;
use lamplighter_core::text::{self, Lang, Why, notice};

use super::actor::{Actor, Entry};
use crate::lock::Holder;

impl Actor {
    /// All accounts, those that need the person first, then by name.
    pub(crate) fn account_views(&self, lang: Lang) -> Vec<AccountView> {
        let mut views: Vec<_> = self.entries.keys().filter_map(|id| self.account_view(id, lang)).collect();
        views.sort_by(|a, b| {
            let first = |view: &AccountView| view.standing != Standing::NeedsYou;
            first(a).cmp(&first(b)).then_with(|| a.name.cmp(&b.name))
        });
        views
    }

    /// One account.
    pub(crate) fn account_view(&self, id: &AccountId, lang: Lang) -> Option<AccountView> {
        let entry = self.entries.get(id)?;
        let now = self.now();
        let state = self.accounts.get(id);
        let facts = state.and_then(|state| state.facts.as_ref());
        let notice = match &entry.provider {
            None => Some(self.notice_of(id, lang)),
            Some(_) => {
                let why = self.accounts.why(id, now).or_else(|| self.accounts.remark(id));
                why.map(|why| self.notice_for(id, &why, lang))
            }
        };
        Some(AccountView {
            id: id.clone(),
            name: entry.name.clone(),
            provider: entry.settings.provider.clone(),
            service: entry
                .provider
                .as_ref()
                .map_or_else(|| entry.settings.provider.to_string(), |p| p.name.clone()),
            host: self.host_of(id),
            identity: facts.and_then(|facts| facts.identity.clone()),
            standing: if entry.provider.is_none() { Standing::NeedsYou } else { self.accounts.standing(id) },
            notice,
            tokens: self.token_views(entry, id),
            next_refresh: self.accounts.next_refresh(id, now),
            last_refresh: state.and_then(|state| state.last_refresh),
            logged_in: state.and_then(|state| state.logged_in),
            renewable: self.accounts.renewable(id),
            ends: self.accounts.ends(id, now),
            unused_until: self.accounts.unused_until(id, now),
            likely: self.accounts.likely(id, now).map(likely_view),
            can_try_once: self.accounts.may_try_once(id),
            lacks_secret: self.accounts.lacks_secret(id),
            cookies: facts.map_or(0, |facts| facts.cookies),
            generation: facts.map(|facts| facts.generation).unwrap_or_default(),
            unsaved: state.is_some_and(|state| state.unsaved.is_some()),
            sinks: self.sink_views(id),
            readers: self.state.readers(id),
            strip: self.state.strip(id, now.wall),
            login: self.login_of(id),
        })
    }

    fn token_views(&self, entry: &Entry, id: &AccountId) -> Vec<TokenView> {
        let now = self.now();
        let facts = self.accounts.get(id).and_then(|state| state.facts.as_ref());
        let (Some(facts), Some(provider)) = (facts, &entry.provider) else { return Vec::new() };
        let known = provider.tokens.iter().filter_map(|(name, _)| Some((name, facts.tokens.get(name)?)));
        known
            .map(|(name, token)| TokenView {
                name: name.clone(),
                got: token.got.wall,
                ends: token.expiry.map(|expiry| expiry.at(now)),
                life_ms: token
                    .expiry
                    .map(|expiry| u64::try_from(expiry.life().as_millis()).unwrap_or(u64::MAX)),
            })
            .collect()
    }

    fn host_of(&self, id: &AccountId) -> String {
        let rules = self.accounts.rules(id);
        let origin = rules.and_then(|rules| rules.chains.values().next()).map(|chain| chain.host.clone());
        let origin = origin.unwrap_or_default();
        origin.split_once("://").map_or(origin.clone(), |(_, host)| host.to_owned())
    }

    /// The engine as a whole.
    pub(crate) fn engine_view(&self, lang: Lang) -> EngineView {
        EngineView {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            holder: match self.holder {
                Holder::Desktop => "desktop",
                Holder::Serve => "serve",
                Holder::OneShot => "one-shot",
            }
            .to_owned(),
            pid: std::process::id(),
            notices: self.engine_notices(lang),
            warnings: self.warnings(lang),
            standing: self.worst(),
            words: self.words(lang),
            logs: self.paths.logs.display().to_string(),
            config: self.paths.config.display().to_string(),
            tray: self.desktop.as_ref().map(|desktop| desktop.has_tray()),
            no_notifications: self
                .desktop
                .as_ref()
                .filter(|desktop| !desktop.has_notifications())
                .map(|_| text::no_notifications(lang).to_owned()),
            store: self.ports.kind(),
            store_words: self.store_words(lang),
            practice: self.practice.clone(),
        }
    }

    /// What makes all logins less safe, and stops nothing.
    fn warnings(&self, lang: Lang) -> Vec<Notice> {
        let data = self.paths.data.display().to_string();
        let network = self.network.map(|kind| text::on_a_network(kind, &data, lang));
        network.into_iter().chain(text::still_to_erase(&self.ports.owed.all(), lang)).collect()
    }

    fn engine_notices(&self, lang: Lang) -> Vec<Notice> {
        let store = self.store.as_ref().map(|store| {
            let why = Why::Store { store: store.clone() };
            let clock = text::Clock { now: self.now().wall, tz: &self.time_zone };
            notice(&why, &text::Subject { account: "", service: "", lang, clock })
        });
        let later = self.configuration.config.accounts.iter().flat_map(|(name, settings)| {
            settings.later.iter().map(move |later| {
                Notice::new(lamplighter_core::report::Code::BadFile, later.what(lang))
                    .of(name.as_str())
                    .cure(later.cure(lang))
            })
        });
        let for_all = self.configuration.config.later.iter().map(|later| {
            Notice::new(lamplighter_core::report::Code::BadFile, later.what(lang)).cure(later.cure(lang))
        });
        let other = self.other_store(lang);
        let later = later.chain(for_all);
        let first = self.no_store_yet(lang).or_else(|| self.configuration.notice(lang));
        first.into_iter().chain(store).chain(other).chain(later).collect()
    }

    /// The state that the tray shows.
    fn worst(&self) -> Standing {
        let standings: Vec<_> = self
            .entries
            .iter()
            .map(
                |(id, entry)| {
                    if entry.provider.is_none() { Standing::NeedsYou } else { self.accounts.standing(id) }
                },
            )
            .collect();
        let any = |wanted| standings.contains(&wanted);
        let is_stuck = !self.configuration.mistakes.is_empty() || self.ports.named.get().is_none();
        if any(Standing::NeedsYou) || is_stuck {
            Standing::NeedsYou
        } else if self.store.is_some() || any(Standing::Waiting) {
            Standing::Waiting
        } else if any(Standing::Working) {
            Standing::Working
        } else if !standings.is_empty() && standings.iter().all(|standing| *standing == Standing::Paused) {
            Standing::Paused
        } else {
            Standing::Fine
        }
    }

    /// One sentence for tooltip and list.
    fn words(&self, lang: Lang) -> String {
        let now = self.now();
        let needing =
            self.entries.keys().filter(|id| self.accounts.standing(id) == Standing::NeedsYou).count();
        match (needing, lang) {
            (0, _) => {}
            (1, Lang::En) => return "One login needs you.".to_owned(),
            (1, Lang::Fr) => return "Une connexion a besoin de vous.".to_owned(),
            (_, Lang::En) => return format!("{needing} logins need you."),
            (_, Lang::Fr) => return format!("{needing} connexions ont besoin de vous."),
        }
        if let Some(notice) = self.engine_notices(lang).into_iter().next() {
            return notice.what;
        }
        let waiting = self.entries.keys().find(|id| self.accounts.standing(id) == Standing::Waiting);
        if let Some(id) = waiting {
            return self.notice_of(id, lang).what;
        }
        let next = self.entries.keys().filter_map(|id| self.accounts.next_refresh(id, now)).min();
        let active = self.entries.keys().filter(|id| self.accounts.standing(id) != Standing::Paused).count();
        if active == 0 && !self.entries.is_empty() {
            return text::all_paused(lang);
        }
        text::all_is_well(active, next.map(|next| next.since(now.wall)), lang)
    }
}

fn likely_view(likely: Likely) -> LikelyView {
    let ms = |life: std::time::Duration| u64::try_from(life.as_millis()).unwrap_or(u64::MAX);
    LikelyView {
        at: likely.at,
        sessions: u32::try_from(likely.lives).unwrap_or(u32::MAX),
        shortest_ms: ms(likely.shortest),
        longest_ms: ms(likely.longest),
    }
}
