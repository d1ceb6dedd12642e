// What the window knows of the engine: read at the start, then again whatever an event names.
import { listen } from '$engine'
import { changedStandings, inOrder, isOver } from './accounts'
import { Announcement } from './announcement.svelte'
import { ask, noticeOf } from './ask'
import type { AccountView, EngineView, Event, LoginView, Notice, Request, Response, Settings } from './bindings'
import { locale } from './i18n/locale.svelte'
import { Latest } from './latest'

class Engine {
  /** `null` until they were read. */
  accounts = $state<AccountView[] | null>(null)
  view = $state<EngineView | null>(null)
  settings = $state<Settings | null>(null)
  /** Logins that somebody here looks at, by id. */
  logins = $state<Record<string, LoginView>>({})
  /** The last thing that the person asked for and that failed. */
  failure = $state<Notice | null>(null)
  /** A dialog is open: what fails is said there, and not behind it as well. */
  inDialog = $state(false)
  /** The person has read, since the window opened, that nothing here shows notifications. */
  knowsSilence = $state(false)
  /** For screen readers: what just changed. */
  readonly said = new Announcement()

  #latest = new Latest()
  /** Logins that were asked for, the first answer still under way included: its event may come before it. */
  #followed = new Set<string>()

  /** Reads everything and follows the events; returns what stops that. */
  async start(): Promise<() => void> {
    const stop = await listen((event) => void this.#heard(event))
    await this.load()
    return stop
  }

  /** Reads everything again. */
  async load(): Promise<void> {
    if (this.accounts === null) this.failure = null
    await Promise.all([this.#readEngine(), this.#readAccounts(), ...Object.keys(this.logins).map((id) => this.readLogin(id))])
  }

  /** Does what the person asked for. A failure is shown at the top of the page, and `null` is returned. */
  async act<A extends Response['answer']>(request: Request, answer: A): Promise<Extract<Response, { answer: A }> | null> {
    try {
      const response = await ask(request, answer)
      this.failure = null
      this.#take(response)
      return response
    } catch (error) {
      this.failure = noticeOf(error)
      return null
    }
  }

  /** The same where only the effect matters, whatever the answer. */
  async press(request: Request): Promise<void> {
    await this.act(request, ANSWERS[request.call] ?? 'done')
  }

  /** Reads a login, and again with each of its events. */
  readLogin(id: string): Promise<void> {
    this.#followed.add(id)
    return this.#read(`login ${id}`, async () => {
      const { login } = await ask({ call: 'login_state', login: id }, 'login')
      this.logins[id] = login
    })
  }

  /** Takes over what an answer brought along, so that the page does not have to wait for the event. */
  #take(response: Response): void {
    if (response.answer === 'account') this.#put(response.account)
    if (response.answer === 'login') {
      this.logins[response.login.id] = response.login
      // It may have gone on before the answer came, and its event was for a login that nobody here knew yet.
      if (!isOver(response.login)) void this.readLogin(response.login.id)
    }
    if (response.answer === 'settings') this.settings = response.settings
  }

  async #heard(event: Event): Promise<void> {
    switch (event.event) {
      case 'account':
      case 'refreshed':
        return this.#readAccount(event.id)
      case 'account_gone':
        this.#set((this.accounts ?? []).filter((account) => account.id !== event.id))
        return
      case 'login':
        if (this.logins[event.id] || this.#followed.has(event.id)) return this.readLogin(event.id)
        return
      case 'engine':
        return this.#readEngine()
      case 'lagged':
        return this.load()
    }
  }

  #readAccounts(): Promise<void> {
    return this.#read('accounts', async () => this.#set((await ask({ call: 'accounts' }, 'accounts')).accounts))
  }

  #readAccount(id: string): Promise<void> {
    return this.#read(`account ${id}`, async () => this.#put((await ask({ call: 'account', account: id }, 'account')).account))
  }

  #readEngine(): Promise<void> {
    return this.#read('engine', async () => {
      this.view = (await ask({ call: 'engine' }, 'engine')).engine
      // When they go again, that is news.
      if (this.view.no_notifications === null) this.knowsSilence = false
      this.settings = (await ask({ call: 'settings' }, 'settings')).settings
    })
  }

  async #read(key: string, work: () => Promise<void>): Promise<void> {
    try {
      await this.#latest.run(key, work)
    } catch (error) {
      const notice = noticeOf(error)
      // It went away between the event and the question: its own event tells.
      if (notice.code !== 'unknown_account' && notice.code !== 'unknown_login') this.failure = notice
    }
  }

  #put(account: AccountView): void {
    const others = (this.accounts ?? []).filter((other) => other.id !== account.id)
    this.#set([...others, account])
  }

  #set(accounts: AccountView[]): void {
    const changed = changedStandings(this.accounts ?? [], accounts)
    this.accounts = inOrder(accounts)
    this.said.keep(accounts)
    if (changed.length > 0) {
      const { changed: sentence, standing } = locale.t
      this.said.say(changed.map((one) => ({ account: one.id, standing: one.standing, sentence: sentence(one.name, standing[one.standing]) })))
    }
  }
}

/** Answers of the requests that buttons make, where it is not `done`. */
const ANSWERS: Partial<Record<Request['call'], Response['answer']>> = {
  refresh: 'refresh',
  check: 'account',
  pause: 'account',
  resume: 'account',
  rename: 'account',
  login: 'login',
  login_answer: 'login',
  set_sinks: 'account',
  set_settings: 'settings',
}

export const engine = new Engine()
