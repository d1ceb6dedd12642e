import type { ProviderView } from './bindings'

/** The host of a pasted address, or `null` if this is not one: `https://acme.com/x`, `acme.com`, `localhost:8080`. */
export function hostOf(text: string): string | null {
  const typed = text.trim()
  const isAddress = /^https?:\/\//i.test(typed) || /^[^\s/]+\.[a-z]{2,}([:/].*)?$/i.test(typed) || /^localhost[:/]/i.test(typed)
  if (!isAddress) return null
  try {
    return new URL(/^https?:\/\//i.test(typed) ? typed : `https://${typed}`).host
  } catch {
    return null
  }
}

/** The address that was typed, without its path: `acme.com/x` is `https://acme.com`. */
export function originOf(text: string): string {
  const typed = text.trim()
  return new URL(/^https?:\/\//i.test(typed) ? typed : `https://${typed}`).origin
}

/** Providers for what was typed: by host if it is an address, else by name and id, those that start so first. */
export function search(providers: ProviderView[], typed: string): ProviderView[] {
  const host = hostOf(typed)
  if (host !== null) {
    const ofHost = providers.filter((provider) => provider.hosts.some((own) => covers(own, host)))
    if (ofHost.length > 0) return ofHost
    // A service that people run themselves: its provider asks for the address.
    const ownHosted = providers.filter((provider) => provider.vars.some((field) => field.kind === 'url'))
    if (ownHosted.length > 0) return ownHosted
  }
  const query = plain(typed)
  const names = (provider: ProviderView) => [plain(provider.name), plain(provider.id)]
  const rank = (provider: ProviderView) => (names(provider).some((name) => name.startsWith(query)) ? 0 : 1)
  return providers
    .filter((provider) => names(provider).some((name) => name.includes(query)))
    .sort((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name))
}

/** The provider that the engine names for practice: its id, or an address of its site. */
export function practiceProvider(providers: ProviderView[], practice: string): ProviderView | undefined {
  const named = providers.find((provider) => provider.id === practice)
  const found = search(providers, practice)
  return named ?? found.find((provider) => provider.id === 'practice') ?? found[0]
}

/** Whether a provider's host (`acme.com`, `*.acme.com`, with or without a port) covers the one of an address. */
function covers(own: string, host: string): boolean {
  const bare = (text: string) => text.toLowerCase().replace(/^\*\./, '').replace(/^www\./, '').replace(/:\d+$/, '')
  const [ours, theirs] = [bare(own), bare(host)]
  return theirs === ours || theirs.endsWith(`.${ours}`)
}

/** Lower case without accents. */
function plain(text: string): string {
  return text.trim().toLowerCase().normalize('NFD').replace(/\p{M}/gu, '')
}

/** Hosts as people read them. One that the person's own address fills in is not known before. */
export function hostsOf(provider: ProviderView): string {
  return provider.hosts.filter((host) => !host.includes('{{')).join(', ')
}
