// Where the keyboard goes on when the page changes under it.

/** Puts it on the first of these in there. */
export function startAt(place: HTMLElement, selector: string): void {
  place.querySelector<HTMLElement>(selector)?.focus({ preventScroll: true })
}

/** Whether nothing has it, or only what holds the page. */
export function isFree(place: HTMLElement): boolean {
  const here = document.activeElement
  return here === null || here === document.body || here === place || !here.isConnected
}

/**
 * When that on which it was goes away, and nobody put it anywhere else, it is on the page's heading: not back at the
 * window's beginning. Returns what stops that.
 */
export function keepFocus(page: HTMLElement): () => void {
  let last: Element | null = null
  const note = () => (last = document.activeElement)
  const isLost = () => last !== null && !last.isConnected && isFree(page)
  const observer = new MutationObserver(() => {
    // What comes in its place may take the keyboard by itself, until it is painted.
    if (isLost()) requestAnimationFrame(() => isLost() && startAt(page, 'h1'))
  })
  page.addEventListener('focusin', note)
  observer.observe(page, { childList: true, subtree: true })
  return () => {
    page.removeEventListener('focusin', note)
    observer.disconnect()
  }
}
