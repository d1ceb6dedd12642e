import { describe, expect, test } from 'vitest'
import { changedStandings, findAccount, inOrder, nameOf, partLeft, shownStanding } from '../src/lib/accounts'
import { newDraft, settingsOf } from '../src/lib/env-sink'
import { en } from '../src/lib/i18n/en'
import { fr } from '../src/lib/i18n/fr'
import { Latest } from '../src/lib/latest'
import { accountRemedy, engineRemedy, secretsToType } from '../src/lib/notices'
import type { FieldView, ProviderView } from '../src/lib/bindings'
import { hostOf, originOf, practiceProvider, search } from '../src/lib/providers'
import { Wizard } from '../src/lib/wizard.svelte'
import { hashOf, pageOf } from '../src/lib/route.svelte'
import { bars, totals } from '../src/lib/strip'
import { noticeOf } from '../src/lib/ask'
import * as samples from './samples'

const now = Date.now()
const say = samples.sayIn('en')
const list = samples.accounts(now, say)

describe('accounts', () => {
  test('that need the person come first, the others by name', () => {
    expect(inOrder(list).map((account) => account.name)).toEqual(['oneflex', 'bank-api', 'twitch', 'work-slack'])
  })

  test('are found by id before name', () => {
    expect(findAccount(list, list[2]?.id ?? '')?.name).toBe('twitch')
    expect(findAccount(list, 'twitch')?.name).toBe('twitch')
  })

  test('a refresh that goes well is not announced, a lost login is', () => {
    const fine = samples.account(now)
    expect(changedStandings([fine], [{ ...fine, standing: 'working' }])).toEqual([])
    expect(changedStandings([{ ...fine, standing: 'working' }], [fine])).toEqual([])
    expect(changedStandings([fine], [{ ...fine, standing: 'needs_you' }])).toHaveLength(1)
  })

  test('nothing is called fine before there is a token', () => {
    const made = samples.account(now, { tokens: [], logged_in: null, last_refresh: null })
    expect(shownStanding({ ...made, login: 'l1' })).toBe('signing_in')
    expect(shownStanding(made)).toBe('starting')
    expect(shownStanding({ ...made, standing: 'needs_you' })).toBe('needs_you')
    expect(shownStanding({ ...made, logged_in: now })).toBe('fine')
    expect(shownStanding(samples.account(now, { login: 'l1' }))).toBe('fine')
  })

  test('a name that is typed becomes one that programs can use', () => {
    expect(nameOf(' My Slack  2 ')).toBe('my-slack-2')
    expect(nameOf('Équipe')).toBe('equipe')
    expect(nameOf('work_slack.v2')).toBe('work_slack.v2')
  })

  test('the part of a life that is left stays between nothing and all', () => {
    const token = { name: 'access', got: now, ends: now + 50, life_ms: 100 }
    expect(partLeft(token, now)).toBe(0.5)
    expect(partLeft(token, now + 1000)).toBe(0)
    expect(partLeft(token, now - 1000)).toBe(1)
    expect(partLeft({ ...token, ends: null }, now)).toBeNull()
  })
})

describe('finding a service', () => {
  const providers = samples.providers(say)
  const ids = (typed: string) => search(providers, typed).map((provider) => provider.id)

  test('by its name, accents and case aside', () => {
    expect(ids('SLÁ')).toEqual(['slack'])
    expect(ids('')).toHaveLength(providers.length)
  })

  test('by a pasted address, the workspace in front included', () => {
    expect(ids('https://acme.slack.com/archives/C1')).toEqual(['slack'])
    expect(ids('www.slack.com')).toEqual(['slack'])
    expect(ids('localhost:7171/login')).toEqual(['practice'])
  })

  test('never by a host that only looks alike', () => {
    expect(ids('https://evilslack.com')).toEqual([])
    expect(ids('https://slack.com.evil.example')).toEqual([])
  })

  test('an address is told from a name', () => {
    expect(hostOf('slack')).toBeNull()
    expect(hostOf('acme.slack.com/x')).toBe('acme.slack.com')
    expect(hostOf('https://')).toBeNull()
  })

  test('the practice site is found by id or address', () => {
    expect(practiceProvider(providers, 'practice')?.id).toBe('practice')
    expect(practiceProvider(providers, 'http://localhost:7171')?.id).toBe('practice')
  })

  test('offers what people run themselves for an address that nobody covers, and fills it in', () => {
    const practice: ProviderView = { ...providers[0]!, id: 'practice', hosts: ['{{base}}'], vars: [field('base', 'url'), field('team', 'text')] }
    const others = providers.filter((provider) => provider.id !== 'practice')
    const found = search([...others, practice], 'http://127.0.0.1:4711/login')
    expect(found.map((provider) => provider.id)).toEqual(['practice'])
    expect(practiceProvider([...others, practice], 'http://127.0.0.1:4711')?.id).toBe('practice')
    const wizard = new Wizard()
    wizard.choose(practice, 'http://127.0.0.1:4711/login')
    expect(wizard.values).toEqual({ base: 'http://127.0.0.1:4711', team: '' })
    expect(originOf('acme.com/x')).toBe('https://acme.com')
  })
})

describe('an env file', () => {
  const tokens = list[0]?.tokens ?? []

  test('starts with a key for the default token alone', () => {
    expect(newDraft('work-slack', tokens).keys).toEqual({ bot: 'WORK_SLACK_TOKEN', user: '' })
    expect(newDraft('2nd', tokens).keys.bot).toBe('_2ND_TOKEN')
  })

  test('s0_3_only_the_keys_that_were_named_are_written', () => {
    const draft = { path: ' ~/bot/.env ', keys: { bot: 'A', user: ' ' }, allowTracked: false }
    expect(settingsOf(draft)).toEqual({ kind: 'env', path: '~/bot/.env', set: { A: '{{token.bot}}' }, allow_tracked: false })
    expect(settingsOf({ ...draft, path: '' })).toBeNull()
    expect(settingsOf({ ...draft, keys: { bot: '', user: '' } })).toBeNull()
  })
})

describe('never a dead end', () => {
  test('m7_a_lost_login_has_reconnect', () => {
    expect(accountRemedy(samples.lost(say), 'a1', en)).toEqual({ label: 'Reconnect', request: { call: 'login', account: 'a1', way: null } })
  })

  test('m7_whatever_blocks_a_login, the button is one that can end it', () => {
    const reconnect = { label: 'Reconnect', request: { call: 'login', account: 'a1', way: null } }
    expect(accountRemedy(samples.blocked(say), 'a1', en)).toEqual(reconnect)
    expect(accountRemedy({ ...samples.blocked(say), code: 'ended' }, 'a1', en)).toEqual(reconnect)
  })

  test('secrets are asked for where one may be wrong or missing, and only those that the service has', () => {
    const slack = samples.providers(say).find((provider) => provider.id === 'slack')
    const blocked = samples.account(now, { notice: samples.blocked(say), lacks_secret: true })
    expect(secretsToType(blocked, slack).map((field) => field.name)).toEqual(['client_secret'])
    // Blocked for another reason: another person, other hosts, another store, a lost answer.
    expect(secretsToType({ ...blocked, lacks_secret: false }, slack)).toEqual([])
    expect(secretsToType(blocked, undefined)).toEqual([])
  })

  test('a locked keyring has unlock, for an account and for all', () => {
    const unlock = { label: 'Unlock', request: { call: 'retry_store' } }
    expect(engineRemedy('store_locked', en)).toEqual(unlock)
    expect(accountRemedy(samples.locked(say), 'a1', en)).toEqual(unlock)
  })

  test('whatever else is wrong, there is something to press', () => {
    expect(engineRemedy('internal', en).label).not.toBe('')
  })
})

test('the address names the page, and the other way round', () => {
  for (const page of [{ at: 'home' }, { at: 'settings' }, { at: 'add' }, { at: 'account', account: 'a b/ü' }, { at: 'add', provider: 'slack' }] as const) {
    expect(pageOf(hashOf(page))).toEqual(page)
  }
  expect(pageOf('#account=%E0%A4%A')).toEqual({ at: 'home' })
  expect(pageOf('#nowhere')).toEqual({ at: 'home' })
})

test('the strip counts all and shows one refresh beside a hundred', () => {
  const strip = [{ from: 1, fine: 100, failed: 0 }, { from: 2, fine: 1, failed: 2 }]
  expect(totals(strip)).toEqual({ fine: 101, failed: 2 })
  expect(bars(strip).map((bar) => bar.height)).toEqual([1, 0.1])
})

test('an error of the engine is shown in its own words', () => {
  expect(noticeOf({ error: samples.locked(say) })).toEqual(samples.locked(say))
  expect(noticeOf(new Error('no answer'))).toEqual({ code: 'internal', what: 'no answer' })
})

test('what is asked for while it is read is read once more, and never twice at once', async () => {
  const latest = new Latest()
  let running = 0
  let done = 0
  let open = () => {}
  const gate = new Promise<void>((resolve) => (open = resolve))
  const work = async () => {
    expect(++running).toBe(1)
    await gate
    running--
    done++
  }
  const all = [latest.run('a', work), latest.run('a', work), latest.run('a', work)]
  open()
  await Promise.all(all)
  expect(done).toBe(2)
})

test('the window itself names no keyring: logins may be in sealed files, and the engine says where they are', () => {
  for (const texts of [en, fr]) expect(said(texts).filter((text) => /keyring|keychain|trousseau/i.test(text))).toEqual([])
})

/** All texts, those that are made from a number or a name as their source. */
function said(texts: unknown): string[] {
  if (typeof texts === 'object' && texts !== null) return Object.values(texts).flatMap(said)
  return [String(texts)]
}

function field(name: string, kind: string): FieldView {
  return { name, label: name, secret: false, optional: false, default: null, kind, help: null }
}
