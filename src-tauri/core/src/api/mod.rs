//! The one contract of the engine: the window speaks it through one Tauri command, `lamp` and other programs
//! over the local socket. `ui/src/lib/bindings.ts` is generated from this folder.
//!
//! No type here holds a secret that goes out: token values leave by [`TokenGrant`], which only the socket's
//! hand-written encoder and the clipboard read. Times are milliseconds since 1970 (UTC).

#![allow(missing_docs, reason = "fields of enum variants are explained by their variant")]

mod account;
mod alert;
mod call;
mod engine;
mod login;
mod provider;
mod refresh;
mod sink;
mod toast;
mod token;

pub use account::{AccountView, LikelyView, ReaderView, Standing, StripView, TokenView};
pub use alert::{AlertKind, AlertView, Occasion};
pub use call::{ErrorBody, Request, Response, worst_exit};
pub use engine::{EngineView, Event, Folder, Settings};
pub use login::{FieldView, LoginAnswer, LoginStage, LoginView};
pub use provider::ProviderView;
pub use refresh::{HistoryRow, RefreshReport, RefreshRow};
pub use sink::{SinkSettings, SinkView};
pub use toast::{Toast, ToastAction};
pub use token::{TokenGrant, TokenRequest};
