// Adding a login: what was typed so far. It outlives every step back, and is forgotten with the page.
import { isOver } from './accounts'
import type { FieldView, LoginView, ProviderView, Request } from './bindings'
import { engine } from './engine.svelte'
import { hostOf, originOf } from './providers'

export type Step = 1 | 2 | 3 | 4

export class Wizard {
  step = $state<Step>(1)
  query = $state('')
  provider = $state<ProviderView | null>(null)
  name = $state('')
  way = $state(0)
  /** Typed values by field; secrets among them live only here. */
  values = $state<Record<string, string>>({})
  login = $state<string | null>(null)

  /** The login under way, as the engine sees it. */
  get view(): LoginView | null {
    return this.login === null ? null : (engine.logins[this.login] ?? null)
  }

  /** The step that is shown as the current one: until the proof begins, the person is still signing in. */
  get shown(): Step {
    const stage = this.view?.stage.stage
    return this.step === 3 && stage !== 'proving' && stage !== 'done' ? 2 : this.step
  }

  /** Whether all that is needed was filled in. */
  get complete(): boolean {
    return this.provider !== null && this.provider.vars.every((field) => isFilled(field, this.values[field.name]))
  }

  /**
   * Step 1 done. Another service starts with empty fields, the same one keeps what was typed. An address that was
   * typed to find the service is its address, if it asks for one.
   */
  choose(provider: ProviderView, typed: string = this.query): void {
    if (this.provider?.id !== provider.id) {
      const address = hostOf(typed) === null ? null : originOf(typed)
      const first = provider.vars.find((field) => field.kind === 'url')
      const start = (field: FieldView) => (field === first && address ? address : (field.default ?? ''))
      this.values = Object.fromEntries(provider.vars.map((field) => [field.name, start(field)]))
      this.way = 0
      this.name = ''
    }
    this.provider = provider
    this.step = 2
  }

  /** Step 2 done, if the engine takes it. */
  async signIn(): Promise<void> {
    if (this.provider === null || !this.complete) return
    const answer = await engine.act(requestFor(this.provider, this.values, this.name, this.way), 'login')
    if (answer) {
      this.login = answer.login.id
      this.step = 3
    }
  }

  /** One step back; a login under way is given up, what was typed stays. */
  async back(): Promise<void> {
    if (this.step === 2) this.step = 1
    else if (this.step === 3) {
      this.step = 2
      await this.giveUp()
    } else if (this.step === 4) this.step = 3
  }

  /** Nothing is left behind by a login that was not finished. */
  async giveUp(): Promise<void> {
    const view = this.view
    this.login = null
    if (view && !isOver(view)) {
      await engine.act({ call: 'login_answer', login: view.id, answer: { answer: 'cancel' } }, 'login')
    }
  }
}

/** The request that starts the login: secret fields apart from the others, empty ones left out. */
export function requestFor(provider: ProviderView, values: Record<string, string>, name: string, way: number): Request {
  const vars: Record<string, string> = {}
  const secrets: Record<string, string> = {}
  for (const field of provider.vars) {
    const value = values[field.name]?.trim() ?? ''
    if (value !== '') (field.secret ? secrets : vars)[field.name] = value
  }
  return { call: 'new_login', provider: provider.id, name: name.trim() || null, vars, secrets, way }
}

function isFilled(field: FieldView, value: string | undefined): boolean {
  return field.optional || field.default !== null || (value?.trim() ?? '') !== ''
}
