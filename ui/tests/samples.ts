// What an engine with four logins would say; for pictures and tests.
import type { AccountView, EngineView, HistoryRow, Lang, LoginStage, Notice, ProviderView, Settings, StripView } from '../src/lib/bindings'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

export type Say = (en: string, fr: string) => string

/** Picks one of two texts, as the engine does. */
export const sayIn = (lang: Lang): Say => (en, fr) => (lang === 'fr' ? fr : en)

/** A healthy login of 12 hours. */
export function account(now: number, change: Partial<AccountView> = {}): AccountView {
  return {
    id: 'a1'.padEnd(32, '0'),
    name: 'work-slack',
    provider: 'slack',
    service: 'Slack',
    host: 'acme.slack.com',
    identity: 'Ana',
    standing: 'fine',
    notice: null,
    tokens: [{ name: 'bot', got: now - 18 * MINUTE, ends: now + 11 * HOUR + 42 * MINUTE, life_ms: 12 * HOUR }],
    next_refresh: now + 10 * HOUR + 12 * MINUTE,
    last_refresh: now - 18 * MINUTE,
    logged_in: now - 9 * DAY,
    renewable: true,
    ends: null,
    likely: null,
    can_try_once: false,
    unused_until: null,
    lacks_secret: false,
    cookies: 0,
    generation: 41,
    unsaved: false,
    sinks: [],
    readers: [],
    strip: strip(now),
    login: null,
    ...change,
  }
}

function strip(now: number): StripView[] {
  const slots = 42
  return Array.from({ length: slots }, (_, index) => ({
    from: now - (slots - index) * 4 * HOUR,
    fine: index % 3 === 0 ? 2 : index % 7 === 1 ? 0 : 1,
    failed: index === 25 ? 1 : 0,
  }))
}

/** The list of look.md's sketch. */
export function accounts(now: number, say: Say): AccountView[] {
  return [
    account(now, {
      tokens: [
        { name: 'bot', got: now - 18 * MINUTE, ends: now + 11 * HOUR + 42 * MINUTE, life_ms: 12 * HOUR },
        { name: 'user', got: now - 18 * MINUTE, ends: now + 11 * HOUR + 40 * MINUTE, life_ms: 12 * HOUR },
      ],
      sinks: [
        {
          settings: { kind: 'env', path: '~/bot/.env', set: { SLACK_BOT_TOKEN: '{{token.bot}}', SLACK_USER_TOKEN: '{{token.user}}' }, allow_tracked: false },
          delivered: now - 18 * MINUTE,
          notice: null,
        },
      ],
      readers: [
        { program: 'bot.py', at: now - 40_000, count: 310 },
        { program: 'curl', at: now - 2 * MINUTE, count: 4 },
      ],
    }),
    account(now, {
      id: 'b2'.padEnd(32, '0'),
      name: 'oneflex',
      provider: 'oneflex',
      service: 'OneFlex',
      host: 'app.oneflex.example',
      identity: 'ana@example.com',
      standing: 'needs_you',
      notice: lost(say),
      tokens: [{ name: 'access', got: now - 6 * MINUTE, ends: now + 9 * MINUTE, life_ms: 15 * MINUTE }],
      next_refresh: null,
      last_refresh: now - 6 * MINUTE,
      logged_in: now - 12 * DAY,
      cookies: 14,
    }),
    account(now, {
      id: 'c3'.padEnd(32, '0'),
      name: 'twitch',
      provider: 'twitch',
      service: 'Twitch',
      host: 'id.twitch.tv',
      identity: 'ana_plays',
      standing: 'waiting',
      notice: unreachable(say),
      tokens: [{ name: 'access', got: now - 1 * HOUR, ends: now + 3 * HOUR, life_ms: 4 * HOUR }],
      next_refresh: now + 5 * MINUTE,
    }),
    account(now, {
      id: 'd4'.padEnd(32, '0'),
      name: 'bank-api',
      provider: 'bank',
      service: 'Bank',
      host: 'api.bank.example',
      standing: 'paused',
      tokens: [{ name: 'access', got: now - 2 * HOUR, ends: now - HOUR, life_ms: HOUR }],
      next_refresh: null,
      last_refresh: now - 2 * HOUR,
      renewable: false,
      ends: now + 2 * DAY,
      cookies: 3,
    }),
  ]
}

export function lost(say: Say): Notice {
  return {
    code: 'needs_login',
    account: 'oneflex',
    what: say('OneFlex ended the session at 11:02.', 'OneFlex a mis fin à la session à 11:02.'),
    safe: say('The device stays known, so it asks for little.', 'L’appareil reste connu, peu de choses seront demandées.'),
    cure: say('Reconnect; it takes a minute.', 'Reconnectez-vous, une minute suffit.'),
  }
}

function unreachable(say: Say): Notice {
  return {
    code: 'temporary',
    account: 'twitch',
    what: say('Can’t reach Twitch since 11:12.', 'Twitch est injoignable depuis 11:12.'),
    safe: say('Your login is safe.', 'Votre connexion n’est pas perdue.'),
    next: say('Next try at 11:25.', 'Prochain essai à 11:25.'),
  }
}

export function blocked(say: Say): Notice {
  return {
    code: 'blocked',
    account: 'work-slack',
    what: say('Slack does not accept the app settings: client id or client secret.', 'Slack n’accepte pas les réglages de l’application : identifiant ou secret client.'),
    safe: say('Your login is kept as it is.', 'Votre connexion est conservée telle quelle.'),
    cure: say('Correct them; all accounts of this app go on then.', 'Corrigez-les ; tous les comptes de cette application reprennent alors.'),
  }
}

export function lostAnswer(say: Say): Notice {
  return {
    code: 'blocked',
    account: 'work-slack',
    what: say('An answer of Slack got lost, and this login is shared with another machine.', 'Une réponse de Slack s’est perdue, et cette connexion est partagée avec une autre machine.'),
    safe: say('Your login is kept as it is.', 'Votre connexion est conservée telle quelle.'),
    cure: say('Try once more with `lamp refresh work-slack --try-once`, or log in again.', 'Réessayez une fois avec `lamp refresh work-slack --try-once`, ou reconnectez-vous.'),
  }
}

export function locked(say: Say): Notice {
  return {
    code: 'store_locked',
    what: say('Your keyring is locked.', 'Votre trousseau est verrouillé.'),
    cure: say('Unlock it and everything continues.', 'Déverrouillez-le et tout reprend.'),
  }
}

/** As core has it, shorter. */
export function silence(say: Say): string {
  return say(
    'Your desktop shows no notifications: no notification server is running. Logins are kept alive all the same. To be told at once, install a server, such as dunst.',
    'Votre bureau n’affiche pas de notifications\u00a0: aucun serveur de notifications n’est en marche. Vos connexions sont maintenues quand même. Pour être averti aussitôt, installez un serveur, par exemple dunst.',
  )
}

export function engineView(change: Partial<EngineView> = {}): EngineView {
  return {
    version: '0.1.0',
    holder: 'desktop',
    pid: 4711,
    notices: [],
    warnings: [],
    standing: 'fine',
    words: '',
    logs: '/home/ana/.local/state/lamplighter/logs',
    config: '/home/ana/.config/lamplighter',
    tray: true,
    no_notifications: null,
    store: 'keyring',
    store_words: 'Logins are kept in your system’s keyring.',
    practice: null,
    ...change,
  }
}

export const settings: Settings = { lang: null, theme: null, start_at_login: true, chrome: null, chrome_without_sandbox: false, store: 'keyring', store_key: null, told_tray: true }

export function providers(say: Say): ProviderView[] {
  const plain = { built_in: true, path: null, vars: [], logins: ['webview'], refreshes: ['http'], notice: null }
  const field = { secret: false, optional: false, default: null, kind: 'text', help: null }
  return [
    { ...plain, id: 'practice', name: 'Practice site', hosts: ['localhost:7171'] },
    { ...plain, id: 'oneflex', name: 'OneFlex', hosts: ['app.oneflex.example'] },
    {
      ...plain,
      id: 'slack',
      name: 'Slack',
      hosts: ['slack.com'],
      logins: ['oauth', 'paste'],
      vars: [
        { ...field, name: 'client_id', label: say('Client id', 'Identifiant client'), help: say('On api.slack.com/apps, under Basic Information.', 'Sur api.slack.com/apps, sous Basic Information.') },
        { ...field, name: 'client_secret', label: say('Client secret', 'Secret client'), secret: true },
        { ...field, name: 'scopes', label: say('Scopes', 'Portées'), optional: true, default: 'chat:write' },
      ],
    },
    { ...plain, id: 'twitch', name: 'Twitch', hosts: ['id.twitch.tv', 'api.twitch.tv'], logins: ['oauth'] },
    { ...plain, id: 'intranet', name: 'Intranet', built_in: false, path: '/home/ana/.config/lamplighter/providers/intranet.toml', hosts: ['intranet.acme.example'] },
    {
      ...plain,
      id: 'wiki',
      name: 'wiki.toml',
      built_in: false,
      hosts: [],
      notice: { code: 'bad_file', what: say('Line 12: “refresh” is not a table.', 'Ligne 12 : « refresh » n’est pas une table.') },
    },
  ]
}

export function history(now: number, say: Say): HistoryRow[] {
  const row = (ago: number, words: string, outcome: string, way: string | null, took_ms: number, kind = 'refresh'): HistoryRow => ({
    at: now - ago, kind, way, outcome, words, took_ms,
  })
  return [
    row(18 * MINUTE, say('Refreshed', 'Rafraîchi'), 'renewed', 'oauth', 214),
    row(12 * HOUR, say('Refreshed', 'Rafraîchi'), 'renewed', 'oauth', 198),
    row(24 * HOUR, say('Refreshed at the second try', 'Rafraîchi au second essai'), 'renewed', 'browser', 1840),
    row(24 * HOUR + 5 * MINUTE, say('Slack did not answer', 'Slack n’a pas répondu'), 'transient', 'oauth', 30_000),
    row(9 * DAY, say('Signed in as Ana', 'Connecté en tant que Ana'), 'passed', null, 4200, 'login'),
  ]
}

/** Every stage of a login. */
export function stages(say: Say): Record<LoginStage['stage'], LoginStage> {
  const url = 'https://id.twitch.tv/oauth2/authorize?client_id=abc&redirect_uri=http%3A%2F%2F127.0.0.1%3A41017&state=x'
  const field = { optional: false, default: null, kind: 'text', help: null }
  return {
    opening: { stage: 'opening' },
    open: { stage: 'open', host: 'app.oneflex.example' },
    browser: { stage: 'browser', url },
    fields: {
      stage: 'fields',
      fields: [
        { ...field, name: 'user', label: say('E-mail', 'E-mail'), secret: false },
        { ...field, name: 'password', label: say('Password', 'Mot de passe'), secret: true },
      ],
    },
    device: { stage: 'device', url: 'https://www.twitch.tv/activate', complete: null, code: 'WDJB-MJHT' },
    unsaved: {
      stage: 'unsaved',
      notice: {
        code: 'store_locked',
        what: say('Your keyring is locked.', 'Votre trousseau est verrouillé.'),
        safe: say('The login went through; it waits in memory.', 'La connexion a réussi\u00a0; elle attend en mémoire.'),
        next: say('Saving is tried again for ten minutes.', 'L’enregistrement est retenté pendant dix minutes.'),
        cure: say('Unlock it and the login is saved.', 'Déverrouillez-le et la connexion est enregistrée.'),
      },
    },
    paste_address: { stage: 'paste_address', url },
    proving: { stage: 'proving' },
    wrong_person: { stage: 'wrong_person', before: 'ana@example.com', now: 'ben@example.com' },
    done: {
      stage: 'done',
      identity: 'ana@example.com',
      renewable: true,
      ends: null,
      words: say('Signed in as ana@example.com. Lamplighter can keep this alive.', 'Connecté en tant que ana@example.com. Lamplighter peut maintenir cette session.'),
    },
    failed: {
      stage: 'failed',
      notice: {
        code: 'temporary',
        what: say('OneFlex did not answer while the login was tried.', 'OneFlex n’a pas répondu pendant la vérification.'),
        safe: say('What was stored before is still there.', 'Ce qui était conservé est toujours là.'),
      },
    },
    cancelled: { stage: 'cancelled' },
  }
}
