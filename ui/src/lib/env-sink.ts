import type { SinkSettings, SinkView, TokenView } from './bindings'

/** An env file as it is typed: one key for each token, empty for those that stay out. */
export interface EnvDraft {
  path: string
  keys: Record<string, string>
  allowTracked: boolean
}

/** A draft with a key for the default token. */
export function newDraft(account: string, tokens: TokenView[]): EnvDraft {
  const keys: Record<string, string> = {}
  for (const [index, token] of tokens.entries()) {
    keys[token.name] = index === 0 ? `${screaming(account)}_TOKEN` : ''
  }
  return { path: '', keys, allowTracked: false }
}

/** What the draft means, or `null` while a path or every key is missing. */
export function settingsOf(draft: EnvDraft): SinkSettings | null {
  const set: Record<string, string> = {}
  for (const [token, key] of Object.entries(draft.keys)) {
    if (key.trim() !== '') set[key.trim()] = `{{token.${token}}}`
  }
  if (draft.path.trim() === '' || Object.keys(set).length === 0) return null
  return { kind: 'env', path: draft.path.trim(), set, allow_tracked: draft.allowTracked }
}

/** Settings of the sinks that an account has, as `set_sinks` takes them. */
export function settingsOfAll(sinks: SinkView[]): SinkSettings[] {
  return sinks.map((sink) => sink.settings)
}

/** `work-slack` as a key of an env file: `WORK_SLACK`; a leading digit gets an underscore. */
function screaming(name: string): string {
  return name.toUpperCase().replace(/[^A-Z0-9]+/g, '_').replace(/^(?=\d)/, '_')
}
