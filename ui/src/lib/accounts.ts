import type { AccountView, LoginView, Standing, TokenView } from './bindings'

/** What the window says of an account: its standing, or that it is too early to speak of one. */
export type Shown = Standing | 'signing_in' | 'starting'

/** Nothing is fine about a login that has no token yet: it is just being made, or nothing was read of it so far. */
export function shownStanding(account: AccountView): Shown {
  const isEmpty = account.standing === 'fine' && account.tokens.length === 0 && account.logged_in === null
  if (!isEmpty) return account.standing
  return account.login === null ? 'starting' : 'signing_in'
}

/** The lamp for that. */
export function lampOf(shown: Shown): Standing {
  return shown === 'signing_in' || shown === 'starting' ? 'waiting' : shown
}

/** Those that need the person come first, then by name. */
export function inOrder(accounts: AccountView[]): AccountView[] {
  const rank = (account: AccountView) => (account.standing === 'needs_you' ? 0 : 1)
  return [...accounts].sort((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name))
}

/** The account of an id or a name. */
export function findAccount(accounts: AccountView[], key: string): AccountView | undefined {
  return accounts.find((account) => account.id === key) ?? accounts.find((account) => account.name === key)
}

/** Accounts whose state differs from before; what a screen reader is told. New accounts are not a change. */
export function changedStandings(before: AccountView[], after: AccountView[]): AccountView[] {
  const old = new Map<string, Standing>(before.map((account) => [account.id, account.standing]))
  return after.filter((account) => {
    const was = old.get(account.id)
    // A refresh that goes well is no news: working and back to fine happens all day.
    return was !== undefined && was !== account.standing && account.standing !== 'working' && was !== 'working'
  })
}

/** Which part of its life a token has left, from 0 to 1; `null` if its end or life is not known. */
export function partLeft(token: TokenView, now: number): number | null {
  if (token.ends === null || !token.life_ms) return null
  return Math.min(1, Math.max(0, (token.ends - now) / token.life_ms))
}

/** Whether programs can use it now. */
export function isValid(token: TokenView, now: number): boolean {
  return token.ends === null || token.ends > now
}

/** A name as programs use it, of what a person types: `My Slack` is `my-slack`. */
export function nameOf(typed: string): string {
  const letters = typed.normalize('NFD').replace(/\p{M}/gu, '').trim().toLowerCase()
  return letters.replace(/\s+/g, '-')
}

/** The command that gives this account's token. */
export function tokenCommand(account: string): string {
  return `lamp token ${account}`
}

/** Whether nothing more will happen in this login. */
export function isOver(login: LoginView): boolean {
  return login.stage.stage === 'done' || login.stage.stage === 'failed' || login.stage.stage === 'cancelled'
}
