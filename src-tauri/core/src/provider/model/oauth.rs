//! `[oauth]`.

use super::Template;

/// `[oauth]`.
#[derive(Debug, Clone, PartialEq)]
pub struct OAuth {
    /// Authorization end point.
    pub authorize: Option<Template>,
    /// Token end point.
    pub token: Template,
    /// Device authorization end point (RFC 8628).
    pub device: Option<Template>,
    /// Client id.
    pub client_id: Template,
    /// Client secret.
    pub client_secret: Option<Template>,
    /// How the client proves itself at the token end point.
    pub client_auth: ClientAuth,
    /// Whether the code is bound to us by PKCE, S256 (RFC 7636).
    pub pkce: bool,
    /// Scope; nothing is sent if it renders empty.
    pub scope: Option<Template>,
    /// Expected issuer, compared with `iss` (RFC 9207) where given.
    pub issuer: Option<Template>,
    /// Further parameters of the authorization request; empty ones are not sent.
    pub extra: Vec<(String, Template)>,
}

/// Client authentication (RFC 6749 section 2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientAuth {
    /// HTTP Basic.
    Basic,
    /// `client_id` and `client_secret` in the body.
    Body,
    /// `client_id` alone: a public client.
    None,
}
