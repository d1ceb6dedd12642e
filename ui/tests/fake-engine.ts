// Stands in for `src/lib/tauri.ts` in tests and pictures (vite.config.ts, `$engine`). Not part of the product.
import type { AccountView, EngineView, Event, LoginStage, LoginView, Notice, Request, Response, Settings } from '../src/lib/bindings'
import * as samples from './samples'

export interface Scene {
  accounts: AccountView[]
  view: EngineView
  settings: Settings
  /** The stage at which every login stands. */
  stage: LoginStage
  /** What is answered instead, by request. */
  fails: Partial<Record<Request['call'], Notice>>
  say: samples.Say
}

const now = Date.now()

/** The scene that an address names: `?scene=…&lang=…&theme=…`. */
export function sceneOf(query: URLSearchParams): Scene {
  const lang = query.get('lang') === 'fr' ? 'fr' : 'en'
  const say = samples.sayIn(lang)
  const scene: Scene = {
    accounts: samples.accounts(now, say),
    view: samples.engineView(),
    settings: { ...samples.settings, lang, theme: query.get('theme') },
    stage: samples.stages(say).open,
    fails: {},
    say,
  }
  const name = query.get('scene') ?? ''
  if (name === 'empty') Object.assign(scene, { accounts: [], view: samples.engineView({ practice: 'practice' }) })
  if (name === 'locked') {
    scene.view = samples.engineView({ notices: [samples.locked(say)] })
    scene.settings.told_tray = false
  }
  if (name === 'silent') {
    scene.view = samples.engineView({ tray: false, no_notifications: samples.silence(say) })
    scene.settings.told_tray = false
  }
  if (name === 'unreachable') {
    const what = say('The engine does not answer.', 'Le moteur ne répond pas.')
    for (const call of ['accounts', 'engine', 'settings'] as const) scene.fails[call] = { code: 'internal', what }
  }
  if (name === 'taken') scene.fails.rename = { code: 'name_taken', what: say('Another login is called twitch.', 'Une autre connexion s’appelle twitch.'), cure: say('Choose another name.', 'Choisissez un autre nom.') }
  if (name === 'working') scene.accounts[0] = { ...samples.account(now), standing: 'working' }
  if (name === 'blocked') scene.accounts[0] = { ...samples.account(now), standing: 'needs_you', next_refresh: null, notice: samples.blocked(say), lacks_secret: true }
  if (name === 'lost-answer') {
    const likely = { at: now + 3 * 24 * 3600 * 1000, sessions: 6, shortest_ms: 9 * 24 * 3600 * 1000, longest_ms: 14 * 24 * 3600 * 1000 }
    scene.accounts[0] = { ...samples.account(now), standing: 'needs_you', next_refresh: null, notice: samples.lostAnswer(say), can_try_once: true, likely }
  }
  if (name === 'refused') scene.fails.test_sink = { code: 'refused', what: say('~/bot/.env is tracked by git.', '~/bot/.env est suivi par git.'), cure: say('Let git ignore it first.', 'Faites-le d’abord ignorer par git.') }
  const stage = query.get('stage') as LoginStage['stage'] | null
  if (stage) scene.stage = samples.stages(say)[stage]
  scene.view.store_words = say('Logins are kept in your system’s keyring.', 'Les connexions sont gardées dans le trousseau de votre système.')
  if (name === 'reconnect') scene.accounts = scene.accounts.map((one) => (one.name === 'oneflex' ? { ...one, login: 'l1' } : one))
  return scene
}

let scene = sceneOf(new URLSearchParams(globalThis.location?.search ?? ''))
const listeners = new Set<(event: Event) => void>()
/** Everything that was asked, for tests. */
export const asked: Request[] = []

/** Sets the scene of the next test. */
export function setScene(change: Partial<Scene> = {}): Scene {
  asked.length = 0
  scene = { ...sceneOf(new URLSearchParams()), ...change }
  return scene
}

/** Tells the window that something changed. */
export function emit(event: Event): void {
  listeners.forEach((heard) => heard(event))
}

export async function listen(heard: (event: Event) => void): Promise<() => void> {
  listeners.add(heard)
  return () => listeners.delete(heard)
}

export async function call(request: Request): Promise<Response> {
  asked.push(structuredClone(request))
  const failure = scene.fails[request.call]
  if (failure) throw { error: failure }
  return structuredClone(answer(request))
}

function answer(request: Request): Response {
  switch (request.call) {
    case 'accounts':
    case 'pause_all':
      return { answer: 'accounts', accounts: scene.accounts }
    case 'account':
    case 'check':
      return { answer: 'account', account: one(request.account) }
    case 'pause':
      return { answer: 'account', account: change(request.account, { standing: 'paused', next_refresh: null }) }
    case 'resume':
      return { answer: 'account', account: change(request.account, { standing: 'fine' }) }
    case 'rename':
      return { answer: 'account', account: change(request.account, { name: request.name }) }
    case 'set_sinks':
      return {
        answer: 'account',
        account: change(request.account, { sinks: request.sinks.map((settings) => ({ settings, delivered: null, notice: null })) }),
      }
    case 'test_sink':
      return { answer: 'sink', sink: { settings: request.sink, delivered: now, notice: null } }
    case 'try_once':
      change(request.account, { standing: 'fine', notice: null, can_try_once: false })
      return { answer: 'refresh', report: { total: 1, success: 1, failed: 0, skipped: 0, rows: [] } }
    case 'refresh':
      return { answer: 'refresh', report: { total: 1, success: 1, failed: 0, skipped: 0, rows: [] } }
    case 'logout':
      scene.accounts = scene.accounts.filter((account) => account.id !== request.account)
      return { answer: 'logged_out', revoke_failed: null, left: null }
    case 'new_login':
    case 'login':
    case 'login_state':
      return { answer: 'login', login: login() }
    case 'login_answer':
      if (request.answer.answer === 'cancel') scene.stage = { stage: 'cancelled' }
      return { answer: 'login', login: login() }
    case 'providers':
      return { answer: 'providers', providers: samples.providers(scene.say) }
    case 'history':
      return { answer: 'history', rows: samples.history(now, scene.say) }
    case 'secrets':
      return { answer: 'secrets', names: [] }
    case 'settings':
      return { answer: 'settings', settings: scene.settings }
    case 'set_settings':
      scene.settings = request.settings
      return { answer: 'settings', settings: scene.settings }
    case 'engine':
      return { answer: 'engine', engine: scene.view }
    default:
      return { answer: 'done' }
  }
}

function one(key: string): AccountView {
  const found = scene.accounts.find((account) => account.id === key || account.name === key)
  if (!found) throw { error: { code: 'unknown_account', what: `no account ${key}` } }
  return found
}

function change(key: string, fields: Partial<AccountView>): AccountView {
  return Object.assign(one(key), fields)
}

function login(): LoginView {
  const account = scene.accounts.find((account) => account.name === 'oneflex')
  return { id: 'l1', account: 'oneflex', account_id: account?.id ?? null, service: 'OneFlex', stage: scene.stage, kind: 'webview' }
}
