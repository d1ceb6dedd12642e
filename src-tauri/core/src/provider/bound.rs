//! A provider together with what one account filled in.

use std::collections::BTreeMap;

use url::Url;

use super::fill::{Places, RenderError};
use super::hosts::{BadHost, Hosts, is_safe};
use super::model::{Part, Place, Provider, Template, Var};
use crate::id::VarName;
use crate::record::Material;
use crate::secret::Secret;
use crate::text::Lang;

/// A provider and the values of one account's variables. Cheap to make: made anew whenever it is needed.
pub struct Bound<'a> {
    /// How the service works.
    pub provider: &'a Provider,
    vars: BTreeMap<VarName, String>,
    secrets: &'a BTreeMap<VarName, Secret>,
    hosts: Hosts,
    agreed: Option<Hosts>,
}

/// Why an account's variables do not fit the provider.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BindError {
    /// A variable without a default has no value.
    #[error("variable {name} has no value")]
    Missing {
        /// Its name.
        name: VarName,
        /// Its label, for people.
        label: String,
        /// Whether it is a secret one.
        secret: bool,
    },
    /// The account sets a variable that the provider does not have.
    #[error("the provider has no variable {0}")]
    Unknown(VarName),
    /// A secret variable stands in `config.toml`.
    #[error("variable {0} is a secret")]
    SecretInConfig(VarName),
    /// A variable must be an address with its scheme.
    #[error("variable {name} is no address")]
    NotAnAddress {
        /// Its name.
        name: VarName,
        /// Its label, for people.
        label: String,
    },
    /// An address with http that is not on this machine.
    #[error("variable {name} is an address without encryption")]
    NotHttps {
        /// Its name.
        name: VarName,
        /// Its label, for people.
        label: String,
    },
    /// A host that cannot be one.
    #[error("{host}: {why}")]
    Host {
        /// As it came out.
        host: String,
        /// Why not.
        why: BadHost,
    },
}

impl BindError {
    /// What is wrong.
    pub fn what(&self, lang: Lang) -> String {
        match (self, lang) {
            (Self::Missing { label, .. }, Lang::En) => format!("{label} is not filled in."),
            (Self::Missing { label, .. }, Lang::Fr) => format!("{label} n’est pas renseigné."),
            (Self::Unknown(name), Lang::En) => format!("The provider has no variable `{name}`."),
            (Self::Unknown(name), Lang::Fr) => format!("Le fournisseur n’a pas de variable `{name}`."),
            (Self::SecretInConfig(name), Lang::En) => {
                format!("`{name}` is a secret and stands in config.toml.")
            }
            (Self::SecretInConfig(name), Lang::Fr) => {
                format!("`{name}` est un secret et se trouve dans config.toml.")
            }
            (Self::NotAnAddress { label, .. }, Lang::En) => format!("{label} is not an address."),
            (Self::NotAnAddress { label, .. }, Lang::Fr) => format!("{label} n’est pas une adresse."),
            (Self::NotHttps { label, .. }, Lang::En) => format!("{label} is not an encrypted address."),
            (Self::NotHttps { label, .. }, Lang::Fr) => format!("{label} n’est pas une adresse chiffrée."),
            (Self::Host { host, .. }, Lang::En) => format!("`{host}` cannot be a host that gets secrets."),
            (Self::Host { host, .. }, Lang::Fr) => {
                format!("`{host}` ne peut pas être un hôte qui reçoit des secrets.")
            }
        }
    }

    /// What the person can do.
    pub fn cure(&self, lang: Lang) -> String {
        match (self, lang) {
            (Self::Missing { name, secret: true, .. }, Lang::En) => {
                format!("Set it: lamp secret set ACCOUNT {name}")
            }
            (Self::Missing { name, secret: true, .. }, Lang::Fr) => {
                format!("Saisissez-le\u{a0}: lamp secret set COMPTE {name}")
            }
            (Self::Missing { name, .. }, Lang::En) => format!("Give `{name}` a value in the account’s vars."),
            (Self::Missing { name, .. }, Lang::Fr) => {
                format!("Donnez une valeur à `{name}` dans les vars du compte.")
            }
            (Self::Unknown(name), Lang::En) => format!("Remove `{name}` from the account’s vars."),
            (Self::Unknown(name), Lang::Fr) => format!("Retirez `{name}` des vars du compte."),
            (Self::SecretInConfig(name), Lang::En) => {
                format!("Remove it there, renew it at the service, then: lamp secret set ACCOUNT {name}")
            }
            (Self::SecretInConfig(name), Lang::Fr) => {
                format!(
                    "Retirez-le, renouvelez-le auprès du service, puis\u{a0}: lamp secret set COMPTE {name}"
                )
            }
            (Self::NotAnAddress { .. }, Lang::En) => {
                "Write it with its scheme: https://example.com".to_owned()
            }
            (Self::NotAnAddress { .. }, Lang::Fr) => {
                "Écrivez-la avec son protocole\u{a0}: https://example.com".to_owned()
            }
            (Self::NotHttps { .. }, Lang::En) => "Use https; http is for this machine only.".to_owned(),
            (Self::NotHttps { .. }, Lang::Fr) => {
                "Utilisez https\u{a0}; http est réservé à cette machine.".to_owned()
            }
            (Self::Host { .. }, Lang::En) => "Name the exact host of the service.".to_owned(),
            (Self::Host { .. }, Lang::Fr) => "Indiquez l’hôte exact du service.".to_owned(),
        }
    }
}

impl<'a> Bound<'a> {
    /// Fills in defaults, checks addresses (scheme required, trailing slash cut) and resolves the hosts.
    ///
    /// # Errors
    /// If a variable is missing, unknown, or not what the provider asks for.
    pub fn new(
        provider: &'a Provider,
        vars: &BTreeMap<VarName, String>,
        secrets: &'a BTreeMap<VarName, Secret>,
    ) -> Result<Self, BindError> {
        let names = || provider.vars.iter().map(|(name, _)| name);
        if let Some(name) = vars.keys().find(|given| !names().any(|name| name == *given)) {
            return Err(BindError::Unknown(name.clone()));
        }
        let mut plain = BTreeMap::new();
        for (name, var) in &provider.vars {
            match (var.secret, vars.get(name).or(var.default.as_ref())) {
                (true, _) if vars.contains_key(name) => return Err(BindError::SecretInConfig(name.clone())),
                (true, _) if secrets.contains_key(name) => {}
                (false, Some(value)) => _ = plain.insert(name.clone(), checked(name, var, value)?),
                _ => {
                    let (name, label) = (name.clone(), var.label.clone());
                    return Err(BindError::Missing { name, label, secret: var.secret });
                }
            }
        }
        let mut bound = Self { provider, vars: plain, secrets, hosts: Hosts::default(), agreed: None };
        bound.hosts = bound.resolve_hosts()?;
        Ok(bound)
    }

    /// Limits requests to hosts that the person agreed to when logging in, as the record holds them (T23).
    #[must_use]
    pub fn agreed(mut self, hosts: &[String]) -> Self {
        // A text that is no pattern any more covers nothing.
        let patterns: Vec<_> = hosts.iter().filter_map(|host| host.parse().ok()).collect();
        self.agreed = Some(patterns.into());
        self
    }

    /// Where secrets may go, as the file says it.
    pub fn hosts(&self) -> &Hosts {
        &self.hosts
    }

    /// Hosts of the file that the person has not agreed to: such an edit blocks the account.
    pub fn hosts_not_agreed(&self, agreed: &[String]) -> Vec<String> {
        self.hosts.texts().into_iter().filter(|host| !agreed.contains(host)).collect()
    }

    /// A variable that is no secret.
    pub fn var(&self, name: &VarName) -> Option<&str> {
        self.vars.get(name).map(String::as_str)
    }

    /// A variable's bytes, secret or not.
    pub(super) fn var_bytes(&self, name: &VarName) -> Option<&[u8]> {
        match self.vars.get(name) {
            Some(value) => Some(value.as_bytes()),
            None => self.secrets.get(name).map(Secret::expose),
        }
    }

    /// Whether requests may go to `url`.
    pub fn allows(&self, url: &Url) -> bool {
        is_safe(url) && self.hosts.allow(url) && self.agreed.as_ref().is_none_or(|agreed| agreed.allow(url))
    }

    /// Headers by which a program presents the tokens, as `[use]` says: name and value, in order; without it,
    /// the first token as Bearer.
    ///
    /// # Errors
    /// If a token that they name is not there, or holds bytes that no header may hold.
    pub fn usage_headers(&self, material: &Material) -> Result<Vec<(String, Secret)>, RenderError> {
        let places = Places::of(self, material);
        let usage = &self.provider.usage.headers;
        if !usage.is_empty() {
            let all = usage.iter().map(|(name, value)| Ok((name.clone(), places.header(value)?)));
            return all.collect();
        }
        match self.provider.tokens.first() {
            Some((token, _)) => Ok(vec![("Authorization".to_owned(), places.bearer(token)?)]),
            None => Ok(Vec::new()),
        }
    }

    fn resolve_hosts(&self) -> Result<Hosts, BindError> {
        let mut patterns = Vec::new();
        for template in &self.provider.hosts {
            let text = self.plain(template);
            let pattern = text.parse().map_err(|why| BindError::Host { host: text.clone(), why })?;
            patterns.push(pattern);
        }
        Ok(patterns.into())
    }

    /// A host entry of plain variables only, which the parser has made sure of. An address among them counts as
    /// its scheme, host and port: `{{base}}` may have a path.
    fn plain(&self, template: &Template) -> String {
        let is_url =
            |name: &VarName| self.provider.vars.iter().any(|(var, rules)| var == name && rules.is_url);
        let fill = |part: &Part| match part {
            Part::Text(text) => text.clone(),
            Part::Place(Place::Var(name)) => {
                let value = self.var(name).unwrap_or_default();
                let address = is_url(name).then(|| Url::parse(value).ok()).flatten();
                address.map_or_else(|| value.to_owned(), |url| url.origin().ascii_serialization())
            }
            Part::Place(_) => String::new(),
        };
        template.0.iter().map(fill).collect()
    }
}

fn checked(name: &VarName, var: &Var, value: &str) -> Result<String, BindError> {
    let not_an_address = || BindError::NotAnAddress { name: name.clone(), label: var.label.clone() };
    if !var.is_url {
        return Ok(value.to_owned());
    }
    let value = value.trim().trim_end_matches('/');
    let url = Url::parse(value).map_err(|_| not_an_address())?;
    if !matches!(url.scheme(), "https" | "http") || !url.has_host() || !url.username().is_empty() {
        return Err(not_an_address());
    }
    if url.query().is_some() || url.fragment().is_some() || url.password().is_some() {
        return Err(not_an_address());
    }
    if !is_safe(&url) {
        return Err(BindError::NotHttps { name: name.clone(), label: var.label.clone() });
    }
    Ok(value.to_owned())
}
