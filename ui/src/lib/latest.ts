/**
 * Runs `work` for a key, never twice at once: what is asked for while it runs is done once more afterwards.
 * So an answer that was read before a change can never overwrite one that was read after it.
 */
export class Latest {
  #running = new Map<string, { again: boolean; done: Promise<void> }>()

  run(key: string, work: () => Promise<void>): Promise<void> {
    const running = this.#running.get(key)
    if (running) {
      running.again = true
      return running.done
    }
    const entry = { again: false, done: Promise.resolve() }
    this.#running.set(key, entry)
    entry.done = this.#untilQuiet(key, entry, work)
    return entry.done
  }

  async #untilQuiet(key: string, entry: { again: boolean }, work: () => Promise<void>): Promise<void> {
    try {
      do {
        entry.again = false
        await work()
      } while (entry.again)
    } finally {
      this.#running.delete(key)
    }
  }
}
