// For screen readers: what just changed, of which account. What was said goes once it was heard, and at once when it
// does not hold any more: the page is read from top to bottom, too, and must not speak of what was.
import type { AccountView, Standing } from './bindings'

/** Longer than any of these sentences takes to be read out. What is removed is not read out once more. */
export const HEARD_MS = 15_000

/** That an account is in this state now. */
export interface Change {
  account: string
  standing: Standing
  sentence: string
}

export class Announcement {
  #changes = $state<Change[]>([])
  #timer: ReturnType<typeof setTimeout> | undefined

  /** What is in the live region now. */
  get text(): string {
    return this.#changes.map(({ sentence }) => sentence).join('. ')
  }

  /** Says these instead of what was said before. */
  say(changes: Change[]): void {
    clearTimeout(this.#timer)
    this.#changes = changes
    if (changes.length > 0) this.#timer = setTimeout(() => (this.#changes = []), HEARD_MS)
  }

  /** Of accounts that are gone, or are something else by now, nothing is left to say. */
  keep(accounts: AccountView[]): void {
    const holds = (change: Change) => accounts.some(({ id, standing }) => id === change.account && standing === change.standing)
    if (!this.#changes.every(holds)) this.#changes = this.#changes.filter(holds)
  }
}
