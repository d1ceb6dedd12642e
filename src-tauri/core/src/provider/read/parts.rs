//! The smaller tables: variables, `[oauth]`, tokens, chains, answers, policy, `[use]`.

use std::collections::BTreeMap;
use std::time::Duration;

use super::address::{Use, address};
use super::conditions::{Stands, condition};
use super::names::Names;
use super::step::{headers, pairs};
use super::tree::{Table, Text};
use super::words::{Scope, expiries, json_path_of, template};
use crate::id::{ChainName, TokenName, VarName};
use crate::provider::fault::Fault;
use crate::provider::hosts::{BadHost, HostPattern};
use crate::provider::model::{
    Answers, ChainRules, ClientAuth, Condition, LostReply, OAuth, Part, Policy, Template, Token, Usage, Var,
    WebSocketUse,
};

/// `hosts`, at least one.
pub(super) fn hosts(root: &Table<'_>, names: &Names) -> Vec<Template> {
    let Some(value) = root.need("hosts") else { return Vec::new() };
    let Some(texts) = value.texts() else { return Vec::new() };
    if texts.is_empty() {
        value.fail::<()>(Fault::EmptyList { key: "hosts".to_owned() });
    }
    texts.iter().filter_map(|text| host(text, names)).collect()
}

fn host(text: &Text<'_>, names: &Names) -> Option<Template> {
    let template = template(text, Scope::plain(names))?;
    let is_literal = template.0.iter().all(|part| matches!(part, Part::Text(_)));
    let fault = match text.text.parse::<HostPattern>() {
        Err(why) if is_literal => why,
        _ => return Some(template),
    };
    let host = text.text.to_owned();
    text.fail(match fault {
        BadHost::NotHttps => Fault::NotHttps { host },
        BadHost::PublicSuffix => Fault::PublicSuffix { host },
        BadHost::NotAHost | BadHost::HasPath => Fault::BadHost { host },
    })
}

/// `[vars.NAME]`, in order.
pub(super) fn vars(root: &Table<'_>) -> Vec<(VarName, Var)> {
    let Some(table) = root.table("vars") else { return Vec::new() };
    let mut vars = Vec::new();
    for (key, value) in table.entries() {
        let (Some(name), Some(table)) = (key.name::<VarName>(), value.table()) else { continue };
        let label = table.text("label").and_then(|label| label.filled()).unwrap_or(key.text).to_owned();
        let help = table.text("help").map(|help| help.text.to_owned());
        let secret = table.flag("secret").unwrap_or(false);
        let kinds = [("text", false), ("url", true)];
        let is_url = table.text("type").and_then(|kind| kind.choose(&kinds)).unwrap_or(false);
        let default = table.text("default");
        if let Some(default) = &default {
            check_default(default, secret, is_url);
        }
        let default = default.map(|default| default.text.to_owned());
        vars.extend(table.finish(Some((name, Var { label, help, secret, is_url, default }))));
    }
    vars
}

fn check_default(default: &Text<'_>, secret: bool, is_url: bool) {
    if secret {
        default.fail::<()>(Fault::SecretDefault {});
    }
    if is_url {
        match url::Url::parse(default.text) {
            Ok(url) if crate::provider::hosts::is_safe(&url) => {}
            Ok(url) if url.scheme() == "http" => {
                let host = url.host_str().unwrap_or_default().to_owned();
                default.fail::<()>(Fault::NotHttps { host });
            }
            _ => _ = default.fail::<()>(Fault::BadUrl {}),
        }
    }
}

/// `[oauth]`.
pub(super) fn oauth(root: &Table<'_>, names: &Names) -> Option<OAuth> {
    let table = root.table("oauth")?;
    let scope = Scope::anywhere(names);
    let endpoint =
        |key, purpose| table.text(key).and_then(|text| address(&text, Scope::plain(names), purpose));
    let needed = |key| table.need(key).and_then(|value| value.text());
    let authorize = endpoint("authorize", Use::Page);
    let device = endpoint("device", Use::Endpoint);
    let token = needed("token").and_then(|text| address(&text, Scope::plain(names), Use::Endpoint));
    let client_id = needed("client_id").and_then(|text| template(&text, Scope::plain(names)));
    let client_secret = table.text("client_secret").map(|text| template(&text, scope));
    let auths = [("basic", ClientAuth::Basic), ("body", ClientAuth::Body), ("none", ClientAuth::None)];
    let given = table.text("client_auth");
    let client_auth = given.as_ref().and_then(|text| text.choose(&auths)).unwrap_or(ClientAuth::Basic);
    let has_secret = client_secret.is_some();
    let misfit = match client_auth {
        ClientAuth::None if has_secret => Some("none"),
        // Without a secret and without a word about it, the client is a public one.
        ClientAuth::Basic if !has_secret && given.is_some() => Some("basic"),
        _ => None,
    };
    if let (Some(auth), Some(given)) = (misfit, &given) {
        given.fail::<()>(Fault::ClientSecret { auth: auth.to_owned() });
    }
    let pkce = table.text("pkce").and_then(|text| text.choose(&[("required", true), ("off", false)]));
    let plain = |key| table.text(key).and_then(|text| template(&text, Scope::plain(names)));
    let (scope_text, issuer) = (plain("scope"), plain("issuer"));
    let extra = pairs(table.get("extra"), Scope::plain(names));
    let oauth = (|| {
        Some(OAuth {
            authorize,
            token: token?,
            device,
            client_id: client_id?,
            client_secret: client_secret.flatten(),
            client_auth: if has_secret || given.is_some() { client_auth } else { ClientAuth::None },
            pkce: pkce.unwrap_or(true),
            scope: scope_text,
            issuer,
            extra,
        })
    })();
    table.finish(oauth)
}

/// `[tokens.NAME]`, in order.
pub(super) fn tokens(root: &Table<'_>) -> Vec<(TokenName, Token)> {
    let Some(table) = root.table("tokens") else { return Vec::new() };
    let mut tokens = Vec::new();
    for (key, value) in table.entries() {
        let (Some(name), Some(table)) = (key.name::<TokenName>(), value.table()) else { continue };
        let chain = match table.text("chain") {
            Some(chain) => chain.name(),
            None => Some(ChainName::main()),
        };
        let expires = expiries(table.get("expires"));
        tokens.extend(table.finish(chain.map(|chain| (name, Token { chain, expires }))));
    }
    tokens
}

/// `[chains.NAME]`; every chain of a token has rules, if only the usual ones.
pub(super) fn chains(root: &Table<'_>, names: &Names) -> BTreeMap<ChainName, ChainRules> {
    let usual = names.chains.iter().filter_map(|name| Some((name.parse().ok()?, ChainRules::default())));
    let mut chains: BTreeMap<ChainName, ChainRules> = usual.collect();
    let Some(table) = root.table("chains") else { return chains };
    for (key, value) in table.entries() {
        let (Some(name), Some(table)) = (key.name::<ChainName>(), value.table()) else { continue };
        if !chains.contains_key(&name) {
            key.fail::<()>(Fault::UnknownChain { name: name.to_string() });
        }
        let rules = chain_rules(&table);
        chains.extend(table.finish(Some((name, rules))));
    }
    chains
}

fn chain_rules(table: &Table<'_>) -> ChainRules {
    let expires = expiries(table.get("expires"));
    let life = table.duration("life").map(|(life, _)| life);
    let shorter = |key: &'static str| -> Option<Duration> {
        let (duration, span) = table.duration(key)?;
        if life.is_some_and(|life| duration > life) {
            table.source.fail(&span, Fault::LongerThanLife { key: key.to_owned() });
        }
        Some(duration)
    };
    let (idle, max_age) = (shorter("idle"), shorter("max_age"));
    let rules = [("replay", LostReply::Replay), ("ask", LostReply::Ask)];
    let lost_reply = table.text("lost_reply").and_then(|text| text.choose(&rules)).unwrap_or_default();
    ChainRules { expires, life, idle, max_age, lost_reply }
}

/// `any = […]` of `[expired]` and `[dead]`.
pub(super) fn any(root: &Table<'_>, key: &'static str, names: &Names, stands: Stands) -> Vec<Condition> {
    let Some(table) = root.table(key) else { return Vec::new() };
    let any = table.need("any");
    let read = any.map(|any| super::conditions::conditions("any", any, Scope::anywhere(names), stands));
    table.finish(read).unwrap_or_default()
}

/// `[answers]`.
pub(super) fn answers(root: &Table<'_>, names: &Names) -> Answers {
    let Some(table) = root.table("answers") else { return Answers::default() };
    let error = table.get("error").and_then(|error| condition(error, Scope::anywhere(names), Stands::Reply));
    let code = table.text("code").and_then(|text| json_path_of(&text));
    let mut seen: Vec<&str> = Vec::new();
    let mut codes = |key| {
        let texts = table.get(key).and_then(|value| value.texts()).unwrap_or_default();
        for text in &texts {
            if seen.contains(&text.text) {
                text.fail::<()>(Fault::CodeTwice { code: text.text.to_owned() });
            }
            seen.push(text.text);
        }
        texts.iter().map(|text| text.text.to_owned()).collect::<Vec<_>>()
    };
    let (last, rejected, app) = (codes("final"), codes("rejected"), codes("app"));
    let (throttled, transient) = (codes("throttled"), codes("transient"));
    let answers = Answers { error, code, last, rejected, app, throttled, transient };
    table.finish(Some(answers)).unwrap_or_default()
}

/// `[policy]`.
pub(super) fn policy(root: &Table<'_>, tokens: &[(TokenName, Token)]) -> Policy {
    let Some(table) = root.table("policy") else { return Policy::default() };
    let margin = table.duration("margin");
    if let Some((margin, span)) = &margin {
        for (name, _) in tokens.iter().filter(|(_, token)| is_too_long(*margin, token)) {
            table.source.fail(span, Fault::MarginTooLong { token: name.to_string() });
        }
    }
    let confirm_after = table.duration("confirm_after");
    if let Some((_, span)) = confirm_after.as_ref().filter(|(after, _)| *after < Duration::from_secs(60)) {
        table.source.fail(span, Fault::ConfirmTooSoon {});
    }
    let confirm_window = table.duration("confirm_window");
    let after = confirm_after.as_ref().map_or(Duration::from_secs(300), |(after, _)| *after);
    if let Some((_, span)) = confirm_window.as_ref().filter(|(window, _)| *window <= after) {
        table.source.fail(span, Fault::WindowTooShort {});
    }
    let grant = table.duration("grant").map(|(grant, _)| grant);
    let policy = Policy {
        margin: margin.map(|(margin, _)| margin),
        confirm_after: confirm_after.map(|(after, _)| after),
        confirm_window: confirm_window.map(|(window, _)| window),
        grant,
    };
    table.finish(Some(policy)).unwrap_or_default()
}

/// 90 % or more of the only life that the file knows.
fn is_too_long(margin: Duration, token: &Token) -> bool {
    let lives = token.expires.iter().filter_map(|source| match source {
        crate::provider::model::ExpirySource::Life(life) => Some(*life),
        _ => None,
    });
    lives.min().is_some_and(|life| margin >= life.mul_f64(0.9))
}

/// `[use]` and `[use.websocket]`.
pub(super) fn usage(root: &Table<'_>, names: &Names) -> Usage {
    let Some(table) = root.table("use") else { return Usage::default() };
    let scope = Scope::anywhere(names);
    let headers = headers(table.get("headers"), scope);
    let websocket = table.table("websocket").map(|table| {
        let list = |key| {
            let texts = table.get(key).and_then(|value| value.texts()).unwrap_or_default();
            texts.iter().filter_map(|text| template(text, scope)).collect::<Vec<_>>()
        };
        let (protocols, resume) = (list("protocols"), list("resume"));
        table.finish(Some(WebSocketUse { protocols, resume }))
    });
    let usage = Usage { headers, websocket: websocket.flatten() };
    table.finish(Some(usage)).unwrap_or_default()
}
