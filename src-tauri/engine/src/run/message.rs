//! Everything that reaches the engine's loop: many callbacks, one enum, one loop.

use std::sync::Arc;

use lamplighter_core::account::Job;
use lamplighter_core::api::{LoginStage, Request, Response, TokenGrant, TokenRequest};
use lamplighter_core::id::{AccountId, ChainName};
use lamplighter_core::record::{Record, StoreError};
use lamplighter_core::refresh::AttemptEnd;
use lamplighter_core::report::Notice;
use lamplighter_core::text::Lang;
use tokio::sync::oneshot;

use super::ledger::Shown;
use super::typed::{Beside, Typed};
use crate::alert::Tried;
use crate::api::Caller;
use crate::login::Ended;
use crate::store::KeySource;

/// An answer on its way back.
pub(crate) type Reply<T> = oneshot::Sender<Result<T, Notice>>;

/// What reaches the loop.
pub(crate) enum Message {
    /// A program or the window asks.
    Call { request: Request, lang: Lang, reply: Reply<Response> },
    /// A program wants a token.
    Token { caller: Caller, account: String, request: TokenRequest, lang: Lang, reply: Reply<TokenGrant> },
    /// Somebody who waited for a token looks again: its time is over.
    Expired { ticket: u64 },
    /// An attempt has new material: serve it, deliver it.
    Publish { account: AccountId, record: Arc<Record>, done: oneshot::Sender<()> },
    /// An attempt ended.
    Ended {
        account: AccountId,
        job: Job,
        chain: ChainName,
        end: Box<AttemptEnd>,
        stored: Option<Arc<Record>>,
        /// What was found beside the record, if that was looked at.
        beside: Option<Beside>,
    },
    /// Secret variables of an account without a record were kept, or not.
    Typed { account: AccountId, kept: Result<Typed, StoreError>, lang: Lang, reply: Reply<Response> },
    /// What a logout owed of this account was tried.
    Paid { account: AccountId },
    /// Messages to whoever watches elsewhere were tried.
    Alerted(Tried),
    /// An alert's address is another one, or was found to work.
    AlertsMended,
    /// The person was asked for the passphrase of the sealed files.
    PassphraseGiven { key: KeySource },
    /// A host was looked at.
    HostChecked { host: String, up: bool },
    /// The person's own check of the network has been run.
    NetworkJudged { up: Option<bool> },
    /// A login came to another stage.
    LoginStage { login: String, stage: LoginStage },
    /// A login is about to spend something: its account is to be there first.
    LoginSpends { login: String, done: oneshot::Sender<Result<(), Notice>> },
    /// A login is over.
    LoginEnded { login: String, ended: Box<Ended> },
    /// A sink has been written, or not.
    Delivered { account: AccountId, sink: usize, digest: [u8; 32], failed: Option<Notice> },
    /// What was kept of an account's past has been read.
    Past { account: AccountId, shown: Shown },
    /// The person was asked to unlock the store; what came of it.
    Unlocked { said: Result<(), StoreError> },
    /// The screen was locked or unlocked.
    Screen { locked: bool },
    /// The machine is about to sleep: answer when nothing runs any more.
    Sleeps { done: oneshot::Sender<()> },
    /// The machine woke.
    Woke,
    /// Start nothing new, finish what runs, answer when done.
    Stop { done: oneshot::Sender<()> },
}
