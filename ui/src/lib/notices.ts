// Never a dead end: what the person can press when they are told this.
import type { AccountView, Code, FieldView, Notice, ProviderView, Request } from './bindings'
import { hashOf } from './route.svelte'
import type { Texts } from './i18n/en'

/** A button: what it says, and what it asks of the engine or where it leads. */
export type Remedy = { label: string } & ({ request: Request } | { href: string })

const LOGS: Request = { call: 'open_folder', folder: 'logs' }

/** The button of what is only worth knowing, while all is well: a new login is the one thing that changes it. */
export function fineRemedy(account: string, t: Texts): Remedy {
  return { label: t.account.reconnect, request: { call: 'login', account, way: null } }
}

/** The button of a notice about one account. */
export function accountRemedy(notice: Notice, account: string, t: Texts): Remedy {
  switch (notice.code) {
    case 'needs_login':
    case 'ended':
    // Another person, new hosts, a refusal that lasts, a lost answer: only a login settles it. A check would
    // be answered with this same notice.
    case 'blocked':
      return { label: t.account.reconnect, request: { call: 'login', account, way: null } }
    case 'paused':
      return { label: t.account.resume, request: { call: 'resume', account } }
    case 'temporary':
    case 'busy':
    case 'disk':
      return { label: t.account.tryNow, request: { call: 'refresh', accounts: [account], force: true, dry_run: false } }
    default:
      return engineRemedy(notice.code, t)
  }
}

/** The second button of a notice: a lost answer may be asked for once more, before anybody logs in again. */
export function secondRemedy(account: AccountView, t: Texts): Remedy | null {
  return account.can_try_once ? { label: t.account.tryOnce, request: { call: 'try_once', account: account.id } } : null
}

/** What the person may have to type again: where a secret is missing, or may be wrong. */
export function secretsToType(account: AccountView, provider: ProviderView | undefined): FieldView[] {
  return account.lacks_secret ? (provider?.vars ?? []).filter((field) => field.secret) : []
}

/** The button of a notice about all accounts. */
export function engineRemedy(code: Code, t: Texts): Remedy {
  switch (code) {
    case 'store_locked':
      return { label: t.unlock, request: { call: 'retry_store' } }
    case 'store_absent':
    case 'disk':
    case 'temporary':
    case 'busy':
      return { label: t.tryAgain, request: { call: 'retry_store' } }
    // Another store is set than the one that is used: config.toml says which.
    case 'blocked':
    case 'bad_file':
      return { label: t.openConfig, request: { call: 'open_folder', folder: 'config' } }
    case 'no_chrome':
      return { label: t.openSettings, href: hashOf({ at: 'settings' }) }
    default:
      return { label: t.actions.openLogs, request: LOGS }
  }
}
