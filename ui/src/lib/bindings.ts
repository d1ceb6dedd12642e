// Generated from src-tauri/core/src/api. Do not edit: `cargo xtask generate` writes it anew.

/**
 * An account's random id, 32 lower-case hex digits. It names the keychain entry and never changes.
 */
export type AccountId = string;

/**
 * An account's name, chosen by the person; it can change.
 */
export type AccountName = string;

/**
 * One account, for people and programs.
 */
export type AccountView = { 
/**
 * Random id.
 */
id: AccountId, 
/**
 * The person's name for it.
 */
name: AccountName, 
/**
 * Provider's id.
 */
provider: ProviderId, 
/**
 * Provider's name.
 */
service: string, 
/**
 * First host of the provider.
 */
host: string, 
/**
 * As whom the probe found us.
 */
identity: string | null, 
/**
 * State.
 */
standing: Standing, 
/**
 * Why it is not fine, in the asked language.
 */
notice: Notice | null, 
/**
 * Tokens, the default one first.
 */
tokens: Array<TokenView>, 
/**
 * When the next refresh is due.
 */
next_refresh: Timestamp | null, 
/**
 * The last refresh that succeeded.
 */
last_refresh: Timestamp | null, 
/**
 * When the login was made.
 */
logged_in: Timestamp | null, 
/**
 * Whether it can be kept alive, as the trial refresh at login showed.
 */
renewable: boolean | null, 
/**
 * When the session ends for good, if that is known.
 */
ends: Timestamp | null, 
/**
 * It lasts only if it is refreshed until then: this service ends what is unused.
 */
unused_until: Timestamp | null, 
/**
 * When it will probably end, as earlier sessions did; not if a certain end comes first.
 */
likely: LikelyView | null, 
/**
 * A reply was lost, and the person may have the request sent once more: `TryOnce`.
 */
can_try_once: boolean, 
/**
 * A secret of the app is missing, or the service does not accept it: the person may type it (`SetSecret`).
 */
lacks_secret: boolean, 
/**
 * Number of stored cookies.
 */
cookies: number, 
/**
 * Generation of the stored material.
 */
generation: Generation, 
/**
 * Whether the newest material could not be saved yet: it is in the journal, or in memory alone.
 */
unsaved: boolean, 
/**
 * Where its tokens go.
 */
sinks: Array<SinkView>, 
/**
 * Programs that asked for its tokens lately.
 */
readers: Array<ReaderView>, 
/**
 * Refreshes and failures of the last days.
 */
strip: Array<StripView>, 
/**
 * A login that is under way.
 */
login: string | null, };

/**
 * In which form somebody is told.
 */
export type AlertKind = "webhook" | "discord" | "slack" | "ntfy";

/**
 * One entry of `alerts`, and how it went.
 */
export type AlertView = { 
/**
 * Of which account it tells; of all if absent.
 */
account: AccountName | null, 
/**
 * In which form.
 */
kind: AlertKind, 
/**
 * Where to: the host, or the name of the secret. Never the whole address, which often is one.
 */
to: string, 
/**
 * What of.
 */
on: Array<Occasion>, 
/**
 * When a message was last taken, since the start.
 */
told: Timestamp | null, 
/**
 * Messages that wait for the next try.
 */
waiting: number, 
/**
 * Why the last message was not taken.
 */
notice: Notice | null, };

/**
 * Closed list of what can be wrong; programs branch on it. The names are stable.
 */
export type Code = "internal" | "usage" | "bad_file" | "needs_login" | "unknown_account" | "unknown_provider" | "unknown_login" | "unknown_token" | "name_taken" | "store_locked" | "store_absent" | "temporary" | "disk" | "not_allowed" | "blocked" | "paused" | "ended" | "no_display" | "no_chrome" | "busy" | "address_taken" | "refused";

/**
 * The engine as a whole.
 */
export type EngineView = { 
/**
 * Version of Lamplighter.
 */
version: string, 
/**
 * `desktop`, `serve` or `one-shot`.
 */
holder: string, 
/**
 * Its process.
 */
pid: number, 
/**
 * What all accounts share that is wrong: keychain locked, disk full, configuration broken.
 */
notices: Array<Notice>, 
/**
 * What makes all logins less safe and stops nothing: a network file system, for example.
 */
warnings: Array<Notice>, 
/**
 * Worst of all accounts.
 */
standing: Standing, 
/**
 * look.md, "all is well" and its like, in the asked language.
 */
words: string, 
/**
 * Where the logs are.
 */
logs: string, 
/**
 * Where the configuration is.
 */
config: string, 
/**
 * Whether a tray icon is shown; `None` if there is no desktop.
 */
tray: boolean | null, 
/**
 * That the desktop shows no notifications, and what to do, in the asked language; `None` if it does, or if there is
 * no desktop.
 */
no_notifications: string | null, 
/**
 * Where logins are kept now; `None` while the configuration is broken since the start, and does not say it.
 */
store: StoreKind | null, 
/**
 * The same as a sentence, in the asked language.
 */
store_words: string, 
/**
 * Whether this is a development build, which offers the practice site.
 */
practice: string | null, };

/**
 * An error on the wire.
 */
export type ErrorBody = { 
/**
 * Always says all that is known.
 */
error: Notice, };

/**
 * What changed. Sent to windows and event streams, which then ask for what they show.
 */
export type Event = { "event": "account", id: AccountId, } | { "event": "refreshed", id: AccountId, name: AccountName, generation: Generation, } | { "event": "account_gone", id: AccountId, } | { "event": "login", id: string, } | { "event": "engine" } | { "event": "lagged" };

/**
 * A field of a form or paste login, or a variable of a provider.
 */
export type FieldView = { 
/**
 * Name in the provider file.
 */
name: string, 
/**
 * For people.
 */
label: string, 
/**
 * Hidden while typed.
 */
secret: boolean, 
/**
 * May stay empty.
 */
optional: boolean, 
/**
 * What it is if left alone.
 */
default: string | null, 
/**
 * `text` or `url`.
 */
kind: string, 
/**
 * A sentence of help: where to get it.
 */
help: string | null, };

/**
 * A folder that a person may want to look into.
 */
export type Folder = "logs" | "config";

/**
 * How often the material of a record was replaced; rises with the material only.
 */
export type Generation = number;

/**
 * One past refresh, probe or login.
 */
export type HistoryRow = { 
/**
 * When it ended.
 */
at: Timestamp, 
/**
 * `login`, `refresh`, `probe`, `logout`.
 */
kind: string, 
/**
 * `http`, `oauth`, `browser` where it applies.
 */
way: string | null, 
/**
 * Stable outcome: `renewed`, `transient`, `rejected`, `refused`, `app_rejected`, `unknown`, `passed`, `failed`.
 */
outcome: string, 
/**
 * In words, in the asked language.
 */
words: string, 
/**
 * How long it took, in milliseconds.
 */
took_ms: number, };

/**
 * A language that Lamplighter speaks.
 */
export type Lang = "en" | "fr";

/**
 * When a session will probably end, and what says so.
 */
export type LikelyView = { 
/**
 * When.
 */
at: Timestamp, 
/**
 * How many earlier sessions it is made of.
 */
sessions: number, 
/**
 * The shortest of them, in milliseconds.
 */
shortest_ms: number, 
/**
 * The longest of them, in milliseconds.
 */
longest_ms: number, };

/**
 * What a person answers to a login.
 */
export type LoginAnswer = { "answer": "fields", values: { [key in string]?: string }, } | { "answer": "address", url: string, } | { "answer": "signed_in" } | { "answer": "accept_person" } | { "answer": "cancel" };

/**
 * How a login stands.
 */
export type LoginStage = { "stage": "opening" } | { "stage": "open", 
/**
 * Host that is shown, once known.
 */
host: string | null, } | { "stage": "browser", url: string, } | { "stage": "device", 
/**
 * The address to type.
 */
url: string, 
/**
 * The same with the code in it, if the service has one: what is opened on this machine.
 */
complete: string | null, 
/**
 * The code, as the service writes it.
 */
code: string, } | { "stage": "fields", fields: Array<FieldView>, } | { "stage": "paste_address", url: string, } | { "stage": "proving" } | { "stage": "unsaved", notice: Notice, } | { "stage": "wrong_person", before: string, now: string, } | { "stage": "done", 
/**
 * As whom.
 */
identity: string | null, 
/**
 * Whether the trial refresh showed that it can be kept alive.
 */
renewable: boolean, 
/**
 * When it ends, if it cannot.
 */
ends: Timestamp | null, 
/**
 * look.md, "proof at login", in the asked language.
 */
words: string, } | { "stage": "failed", notice: Notice, } | { "stage": "cancelled" };

/**
 * A login under way, or how it ended.
 */
export type LoginView = { 
/**
 * Its id.
 */
id: string, 
/**
 * The account's name, a new account's included.
 */
account: AccountName, 
/**
 * The account's id, once it is stored.
 */
account_id: AccountId | null, 
/**
 * Provider's name.
 */
service: string, 
/**
 * How it stands.
 */
stage: LoginStage, 
/**
 * `webview`, `oauth`, `form`, `paste`, `device`, `chrome`.
 */
kind: string, };

/**
 * A finished notice in one language. Never holds a secret.
 */
export type Notice = { 
/**
 * For programs.
 */
code: Code, 
/**
 * Which account, by name.
 */
account?: string | null, 
/**
 * What happened.
 */
what: string, 
/**
 * Whether the login is safe.
 */
safe?: string | null, 
/**
 * What happens next, and when.
 */
next?: string | null, 
/**
 * What the person can do.
 */
cure?: string | null, };

/**
 * What somebody can be told of: the words of `on` under `alerts` in `config.toml`.
 */
export type Occasion = "needs-login" | "expires-soon" | "failed" | "recovered";

/**
 * A provider's id: the name of its file without `.toml`.
 */
export type ProviderId = string;

/**
 * A provider, for the wizard and `lamp provider list`.
 */
export type ProviderView = { 
/**
 * Its id, or the file's name if the file is broken.
 */
id: string, 
/**
 * For people.
 */
name: string, 
/**
 * Whether it comes with Lamplighter.
 */
built_in: boolean, 
/**
 * Its file, if it is the user's own.
 */
path: string | null, 
/**
 * Hosts that get secrets.
 */
hosts: Array<string>, 
/**
 * What has to be filled in.
 */
vars: Array<FieldView>, 
/**
 * Login ways, in order: `webview`, `oauth`, …
 */
logins: Array<string>, 
/**
 * Refresh ways, in order.
 */
refreshes: Array<string>, 
/**
 * What is wrong with the file, if it is broken.
 */
notice: Notice | null, };

/**
 * A program that asked for tokens.
 */
export type ReaderView = { 
/**
 * File name of its executable.
 */
program: string, 
/**
 * Last time.
 */
at: Timestamp, 
/**
 * How often, in the days that are kept.
 */
count: number, };

/**
 * S3.4: what a refresh of several accounts did.
 */
export type RefreshReport = { 
/**
 * Accounts looked at.
 */
total: number, 
/**
 * Refreshed.
 */
success: number, 
/**
 * Tried and failed.
 */
failed: number, 
/**
 * Not due, paused.
 */
skipped: number, 
/**
 * One line each.
 */
rows: Array<RefreshRow>, };

/**
 * One account of a [`RefreshReport`].
 */
export type RefreshRow = { 
/**
 * Its name.
 */
account: AccountName, 
/**
 * `success`, `failed`, `skipped`, `would_refresh`.
 */
result: string, 
/**
 * Why, unless it succeeded.
 */
notice: Notice | null, 
/**
 * When the token ends now.
 */
ends: Timestamp | null, };

/**
 * What can be asked of the engine. An account is given by name or id.
 */
export type Request = { "call": "accounts" } | { "call": "account", account: string, } | { "call": "refresh", accounts: Array<string>, 
/**
 * Though nothing is due.
 */
force: boolean, 
/**
 * Only says what would be done.
 */
dry_run: boolean, } | { "call": "try_once", account: string, } | { "call": "check", account: string, } | { "call": "pause", account: string, } | { "call": "resume", account: string, } | { "call": "pause_all", paused: boolean, } | { "call": "logout", account: string, } | { "call": "rename", account: string, name: AccountName, } | { "call": "new_login", provider: ProviderId, 
/**
 * Made from the provider's name if absent.
 */
name: AccountName | null, vars: { [key in VarName]: string }, 
/**
 * Secret variables, such as a client secret.
 */
secrets: { [key in string]?: string }, 
/**
 * Which of the provider's login ways, by index; the first if absent.
 */
way: number | null, } | { "call": "login", account: string, way: number | null, } | { "call": "login_state", login: string, } | { "call": "login_answer", login: string, answer: LoginAnswer, } | { "call": "set_secret", account: string, name: VarName, value: string, } | { "call": "remove_secret", account: string, name: VarName, } | { "call": "secrets", account: string, } | { "call": "alerts" } | { "call": "test_alerts", account: string | null, } | { "call": "providers" } | { "call": "set_sinks", account: string, sinks: Array<SinkSettings>, } | { "call": "test_sink", account: string, sink: SinkSettings, } | { "call": "history", account: string, limit: number | null, } | { "call": "settings" } | { "call": "set_settings", settings: Settings, } | { "call": "engine" } | { "call": "show" } | { "call": "retry_store" } | { "call": "toast_answer", key: string, action: ToastAction, } | { "call": "copy_token", account: string, 
/**
 * The default one if absent.
 */
name: TokenName | null, } | { "call": "open_folder", folder: Folder, };

/**
 * Answers to [`Request`].
 */
export type Response = { "answer": "done" } | { "answer": "accounts", accounts: Array<AccountView>, } | { "answer": "account", account: AccountView, } | { "answer": "refresh", report: RefreshReport, } | { "answer": "logged_out", 
/**
 * What went wrong with revoking, if it did.
 */
revoke_failed: string | null, 
/**
 * Where a copy may remain, because a store that is not in use could not be looked at; and what to do.
 */
left: Notice | null, } | { "answer": "login", login: LoginView, } | { "answer": "secrets", names: Array<VarName>, } | { "answer": "providers", providers: Array<ProviderView>, } | { "answer": "alerts", alerts: Array<AlertView>, } | { "answer": "sink", sink: SinkView, } | { "answer": "history", rows: Array<HistoryRow>, } | { "answer": "settings", settings: Settings, } | { "answer": "engine", engine: EngineView, };

/**
 * What a person can set for all accounts.
 */
export type Settings = { 
/**
 * Language; the system's if absent.
 */
lang: Lang | null, 
/**
 * `light`, `dark`, or the system's if absent.
 */
theme: string | null, 
/**
 * Start with the desktop, hidden in the tray.
 */
start_at_login: boolean, 
/**
 * Chrome to use instead of the one that is found.
 */
chrome: string | null, 
/**
 * For containers only: run Chrome without its sandbox.
 */
chrome_without_sandbox: boolean, 
/**
 * Where logins are kept, from the next start on.
 */
store: StoreKind, 
/**
 * Where the key of the sealed store is: the path of a key file, `ask` for a passphrase that is typed, or
 * `passphrase:PATH` for one that is read from a file.
 */
store_key: string | null, 
/**
 * Whether it was said that the app lives on in the tray.
 */
told_tray: boolean, };

/**
 * Where tokens go, as the configuration says it.
 */
export type SinkSettings = { "kind": "env", 
/**
 * Path; `~` is the home.
 */
path: string, 
/**
 * Key → template, such as `{{token.bot}}`.
 */
set: { [key in string]: string }, 
/**
 * Write though git tracks the file or does not ignore it (T20).
 */
allow_tracked: boolean, };

/**
 * A sink and how its last delivery went.
 */
export type SinkView = { 
/**
 * As configured.
 */
settings: SinkSettings, 
/**
 * Last successful delivery.
 */
delivered: Timestamp | null, 
/**
 * Why the last one failed, if it did.
 */
notice: Notice | null, };

/**
 * What a person sees of an account's state (look.md, "States").
 */
export type Standing = "fine" | "working" | "waiting" | "needs_you" | "paused";

/**
 * Where records are kept: `store` under `[settings]` in `config.toml`.
 */
export type StoreKind = "keyring" | "keyutils" | "sealed";

/**
 * Some hours of the strip of refreshes.
 */
export type StripView = { 
/**
 * Start of the slot.
 */
from: Timestamp, 
/**
 * Refreshes that succeeded.
 */
fine: number, 
/**
 * Refreshes that failed.
 */
failed: number, };

/**
 * Milliseconds since 1970-01-01 UTC, by some wall clock.
 */
export type Timestamp = number;

/**
 * What a notification's button does.
 */
export type ToastAction = "reconnect" | "later" | "open" | "unlock";

/**
 * An access token's name, `access` for most providers.
 */
export type TokenName = string;

/**
 * One access token, without its value.
 */
export type TokenView = { 
/**
 * Its name.
 */
name: TokenName, 
/**
 * When it was got.
 */
got: Timestamp, 
/**
 * When it ends, if that is known.
 */
ends: Timestamp | null, 
/**
 * How long it lives in all, in milliseconds.
 */
life_ms: number | null, };

/**
 * A variable's name in a provider file.
 */
export type VarName = string;
