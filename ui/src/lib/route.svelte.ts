// Which page is shown. It is the address's hash, so that the shell can open the window on an account, too.
export type Page =
  | { at: 'home' }
  | { at: 'account'; account: string }
  | { at: 'add'; provider?: string }
  | { at: 'settings' }

/** The page of a hash: `#account=…` (id or name), `#add`, `#add=provider`, `#settings`. */
export function pageOf(hash: string): Page {
  const [at, value = ''] = hash.replace(/^#/, '').split('=', 2)
  const chosen = decode(value)
  if (at === 'account' && chosen) return { at, account: chosen }
  if (at === 'add') return chosen ? { at, provider: chosen } : { at }
  if (at === 'settings') return { at }
  return { at: 'home' }
}

/** The hash of a page. */
export function hashOf(page: Page): string {
  if (page.at === 'account') return `#account=${encodeURIComponent(page.account)}`
  if (page.at === 'add' && page.provider) return `#add=${encodeURIComponent(page.provider)}`
  return page.at === 'home' ? '#' : `#${page.at}`
}

function decode(value: string): string {
  try {
    return decodeURIComponent(value)
  } catch {
    return ''
  }
}

class Route {
  page = $state<Page>({ at: 'home' })
}

export const route = new Route()

/** Goes to a page. */
export function go(page: Page): void {
  location.hash = hashOf(page)
}

/** Says that the page which is shown has this address; there is no way back to before. */
export function settle(page: Page): void {
  history.replaceState(null, '', hashOf(page))
  route.page = page
}

/** Follows the address from now on; returns what stops that. */
export function startRoute(window: Window): () => void {
  const follow = () => {
    route.page = pageOf(window.location.hash)
  }
  window.addEventListener('hashchange', follow)
  follow()
  return () => window.removeEventListener('hashchange', follow)
}
