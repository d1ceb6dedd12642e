// For screen readers: what just changed, of which account. What was said goes once it was heard, and at once with the
// account that it is of: the page is read from top to bottom, too, and must not speak of what is no more.

/** Longer than any of these sentences takes to be read out. What is removed is not read out once more. */
export const HEARD_MS = 15_000

export class Announcement {
  /** Sentences by the account that they are of. */
  #sentences = $state<[id: string, sentence: string][]>([])
  #timer: ReturnType<typeof setTimeout> | undefined

  /** What is in the live region now. */
  get text(): string {
    return this.#sentences.map(([, sentence]) => sentence).join('. ')
  }

  /** Says these instead of what was said before. */
  say(sentences: [id: string, sentence: string][]): void {
    clearTimeout(this.#timer)
    this.#sentences = sentences
    if (sentences.length > 0) this.#timer = setTimeout(() => (this.#sentences = []), HEARD_MS)
  }

  /** Only of these accounts there is anything to say. */
  keep(accounts: ReadonlySet<string>): void {
    if (this.#sentences.some(([id]) => !accounts.has(id))) this.#sentences = this.#sentences.filter(([id]) => accounts.has(id))
  }
}
