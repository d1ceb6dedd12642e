// The whole window against the fake engine, as a person uses it.
import { flushSync, tick } from 'svelte'
import { describe, expect, test, vi } from 'vitest'
import { HEARD_MS } from '../src/lib/announcement.svelte'
import { clock } from '../src/lib/clock.svelte'
import { engine } from '../src/lib/engine.svelte'
import { emit, sceneOf, setScene } from './fake-engine'
import { button, field, open, requests, say, text, type, until } from './hand'
import * as samples from './samples'

describe('the list', () => {
  test('says each state in words, those that need the person first', async () => {
    await open()
    const rows = Array.from(document.querySelectorAll('nav li')).map((row) => row.textContent?.replace(/\s+/g, ' ').trim())
    expect(rows[0]).toBe('oneflex needs you')
    expect(rows[1]).toBe('bank-api paused')
    expect(rows[3]).toMatch(/^work-slack Fine\. ?11 h$/)
  })

  test('a lost login moves up and is announced', async () => {
    const scene = await open('#account=work-slack')
    const slack = scene.accounts[0]
    if (!slack) throw new Error('sample')
    Object.assign(slack, { standing: 'needs_you', notice: samples.lost(say) })
    emit({ event: 'account', id: slack.id })
    await until(() => document.querySelector('[aria-live]:last-child')?.textContent === 'work-slack: Needs you')
    expect(document.querySelector('main')?.textContent).toContain('Reconnect')
  })

  test('what was announced goes with its login, and when it does not hold any more', async () => {
    const scene = await open('#account=twitch')
    const heard = () => document.querySelector('[aria-live]:last-child')?.textContent
    const [slack, twitch] = ['work-slack', 'twitch'].map((name) => scene.accounts.find((one) => one.name === name))
    if (!slack || !twitch) throw new Error('sample')
    for (const one of [slack, twitch]) Object.assign(one, { standing: 'needs_you', notice: samples.lost(say) })
    // Both in one reading, as after events that were missed.
    emit({ event: 'lagged' })
    await until(() => heard() === 'work-slack: Needs you. twitch: Needs you')
    scene.accounts = scene.accounts.filter((one) => one.id !== slack.id)
    emit({ event: 'account_gone', id: slack.id })
    await until(() => heard() === 'twitch: Needs you')
    expect(text()).not.toContain('work-slack')
    // Being refreshed is no news, but it needs nobody any more.
    Object.assign(twitch, { standing: 'working', notice: null })
    emit({ event: 'account', id: twitch.id })
    await until(() => heard() === '')
  })

  test('what was announced goes when it was heard', async () => {
    const scene = await open('#account=work-slack')
    const heard = () => document.querySelector('[aria-live]:last-child')?.textContent
    const slack = scene.accounts[0]
    if (!slack) throw new Error('sample')
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      Object.assign(slack, { standing: 'needs_you', notice: samples.lost(say) })
      emit({ event: 'account', id: slack.id })
      for (let turn = 0; turn < 20 && heard() === ''; turn++) await tick()
      expect(heard()).toBe('work-slack: Needs you')
      vi.advanceTimersByTime(HEARD_MS)
      flushSync()
      expect(heard()).toBe('')
    } finally {
      vi.useRealTimers()
    }
  })

  test('the page stays although another account moved up', async () => {
    const scene = await open('', { accounts: samples.accounts(Date.now(), say).filter(({ name }) => name !== 'oneflex') })
    expect(document.querySelector('h1')?.textContent).toBe('bank-api')
    const slack = scene.accounts[0]
    if (!slack) throw new Error('sample')
    Object.assign(slack, { standing: 'needs_you', notice: samples.lost(say) })
    emit({ event: 'account', id: slack.id })
    await until(() => document.querySelector('nav li')?.textContent?.includes('work-slack') === true)
    expect(document.querySelector('h1')?.textContent).toBe('bank-api')
  })

  test('an account that is gone leaves the list', async () => {
    const scene = await open()
    emit({ event: 'account_gone', id: scene.accounts[2]?.id ?? '' })
    await until(() => !text().includes('twitch'))
  })
})

describe('an account', () => {
  test('m7_reconnect_is_one_click', async () => {
    await open('#account=oneflex')
    expect(text()).toContain('OneFlex ended the session at 11:02.')
    expect(text()).toContain('Your programs have a valid token for')
    button('Reconnect').click()
    await until(() => text().includes('Sign in to OneFlex in the window that is open.'))
    expect(requests('login')).toHaveLength(1)
    expect(() => button('I am signed in')).toThrow()
    clock.now += 59_000
    flushSync()
    expect(() => button('I am signed in')).toThrow()
    clock.now += 1000
    flushSync()
    button('I am signed in').click()
    await until(() => requests('login_answer').length === 1)
    expect(requests('login_answer')[0]).toMatchObject({ login: 'l1', answer: { answer: 'signed_in' } })
  })

  test('a login that goes on while it is read for the first time is read once more', async () => {
    const scene = await open('#account=twitch', { stage: { stage: 'proving' } })
    void engine.readLogin('l1')
    scene.stage = samples.stages(say).done
    emit({ event: 'login', id: 'l1' })
    await until(() => engine.logins.l1?.stage.stage === 'done')
  })

  test('m7_a_session_that_ended_shows_reconnect, not the login that went well before', async () => {
    await open('#account=oneflex')
    button('Reconnect').click()
    await until(() => text().includes('Sign in to OneFlex in the window that is open.'))
    setScene({ stage: samples.stages(say).done })
    emit({ event: 'login', id: 'l1' })
    await until(() => engine.logins.l1?.stage.stage === 'done')
    // The service has ended that session, too: the account needs the person again.
    await until(() => text().includes('Your programs have a valid token for'))
    expect(() => button('Reconnect')).not.toThrow()
  })

  test('f60_why_a_login_cannot_refresh_is_said, not that it went well before', async () => {
    const scene = await open('#account=oneflex')
    button('Reconnect').click()
    await until(() => text().includes('Sign in to OneFlex in the window that is open.'))
    const flex = scene.accounts.find(({ name }) => name === 'oneflex')
    if (!flex) throw new Error('sample')
    const what = 'No Chrome could be started.'
    Object.assign(flex, { standing: 'waiting', notice: { code: 'no_chrome', account: 'oneflex', what } })
    setScene({ stage: samples.stages(say).done, accounts: scene.accounts })
    emit({ event: 'login', id: 'l1' })
    emit({ event: 'account', id: flex.id })
    await until(() => engine.logins.l1?.stage.stage === 'done')
    await until(() => text().includes(what))
  })

  test('m7_an_account_that_is_blocked_has_reconnect, and its secret can be typed', async () => {
    const scene = sceneOf(new URLSearchParams('scene=blocked'))
    await open('#account=work-slack', { accounts: scene.accounts })
    expect(document.querySelector('main')?.textContent).not.toContain('Check now')
    await until(() => text().includes('Type the secret'))
    button('Type the secret').click()
    flushSync()
    const dialog = Array.from(document.querySelectorAll('dialog')).find((one) => one.open)
    expect(field('Client secret').type).toBe('password')
    type('Client secret', 'made-up')
    dialog?.querySelector('form')?.dispatchEvent(new SubmitEvent('submit', { cancelable: true, bubbles: true }))
    await until(() => dialog?.open === false)
    expect(requests('set_secret')).toEqual([{ call: 'set_secret', account: scene.accounts[0]?.id, name: 'client_secret', value: 'made-up' }])
    expect(field('Client secret').value).toBe('')
    button('Reconnect').click()
    await until(() => requests('login').length === 1)
    expect(requests('check')).toHaveLength(0)
  })

  test('an account that is blocked where there is no secret has no secret to type', async () => {
    await open('#account=oneflex', {
      accounts: samples.accounts(Date.now(), say).map((one) => (one.name === 'oneflex' ? { ...one, notice: samples.blocked(say), lacks_secret: true } : one)),
    })
    await until(() => requests('providers').length === 1)
    expect(button('Reconnect')).toBeTruthy()
    expect(text()).not.toContain('Type the secret')
  })

  test('a lost answer may be asked for once more before anybody logs in again', async () => {
    const scene = sceneOf(new URLSearchParams('scene=lost-answer'))
    await open('#account=work-slack', { accounts: scene.accounts })
    expect(button('Reconnect')).toBeTruthy()
    // There is a secret, and typing it would bring nothing back.
    expect(text()).not.toContain('Type the secret')
    expect(requests('providers')).toHaveLength(0)
    button('Try once').click()
    await until(() => requests('try_once').length === 1)
    expect(requests('try_once')).toEqual([{ call: 'try_once', account: scene.accounts[0]?.id }])
    expect(requests('login')).toHaveLength(0)
  })

  test('s0_5 the window shows when the session will probably end, and what that is made of', async () => {
    const day = 24 * 3600 * 1000
    const at = new Date(2026, 11, 3, 12).getTime()
    const likely = { at, sessions: 6, shortest_ms: 9 * day, longest_ms: 14 * day }
    await open('#account=twitch', {
      accounts: samples.accounts(Date.now(), say).map((one) => (one.name === 'twitch' ? { ...one, likely } : one)),
    })
    expect(text()).toMatch(/Expected to last until about (3 December|December 3) \(like your last 6, 9 to 14 days\)/)
  })

  test('the token goes to the clipboard inside the engine, and no value ever comes here', async () => {
    await open('#account=twitch')
    button('Copy token').click()
    await until(() => text().includes('The clipboard is cleared in 30 seconds.'))
    expect(requests('copy_token')).toEqual([{ call: 'copy_token', account: 'c3'.padEnd(32, '0'), name: null }])
  })

  test('logging out is asked for once more', async () => {
    await open('#account=twitch')
    button('More').click()
    await until(() => document.querySelector('[role=menu]') !== null)
    button('Log out').click()
    flushSync()
    expect(requests('logout')).toHaveLength(0)
    const dialog = Array.from(document.querySelectorAll('dialog')).find((one) => one.open)
    expect(dialog?.textContent).toContain('Log out of twitch?')
    dialog?.querySelector('form')?.dispatchEvent(new SubmitEvent('submit', { cancelable: true, bubbles: true }))
    await until(() => requests('logout').length === 1 && !text().includes('twitch'))
  })

  test('a name that is taken is said in the dialog, which stays open', async () => {
    await open('#account=twitch', { fails: { rename: { code: 'name_taken', what: 'Another login is called so.' } } })
    button('More').click()
    await until(() => document.querySelector('[role=menu]') !== null)
    button('Rename').click()
    flushSync()
    const dialog = Array.from(document.querySelectorAll('dialog')).find((one) => one.open)
    type('Name', 'work-slack')
    dialog?.querySelector('form')?.dispatchEvent(new SubmitEvent('submit', { cancelable: true, bubbles: true }))
    await until(() => dialog?.textContent?.includes('Another login is called so.') === true)
    expect(dialog?.open).toBe(true)
    expect(text().split('Another login is called so.'), 'and not behind it as well').toHaveLength(2)
    dialog?.close()
    await until(() => !text().includes('Another login is called so.'))
  })

  test('m8_the_menu_is_used_with_the_keyboard', async () => {
    await open('#account=twitch')
    const opener = button('More')
    opener.focus()
    const press = (key: string) => document.activeElement?.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }))
    press('ArrowDown')
    await until(() => document.activeElement?.textContent === 'Rename')
    press('ArrowUp')
    expect(document.activeElement?.textContent).toBe('Log out')
    press('Home')
    expect(document.activeElement?.textContent).toBe('Rename')
    press('Escape')
    flushSync()
    expect(document.querySelector('[role=menu]')).toBeNull()
    expect(document.activeElement).toBe(opener)
  })

  test('history is read when it is opened', async () => {
    await open('#account=work-slack')
    expect(requests('history')).toHaveLength(0)
    const details = document.querySelector('details')
    if (details) details.open = true
    details?.dispatchEvent(new Event('toggle'))
    await until(() => text().includes('Slack did not answer'))
  })
})

describe('the rest', () => {
  test('nothing yet: one sentence, one button', async () => {
    await open('', { accounts: [] })
    expect(text()).toContain('Log in once, and your programs always have a fresh token.')
    expect(document.querySelectorAll('main button')).toHaveLength(1)
  })

  test('a locked keyring is a banner with Unlock', async () => {
    await open('', { view: samples.engineView({ notices: [samples.locked(say)] }) })
    button('Unlock').click()
    await until(() => requests('retry_store').length === 1)
  })

  test('m5_without_notifications_the_window_says_what_works_and_what_to_install', async () => {
    const silence = 'Your desktop shows no notifications. Install a server.'
    const view = samples.engineView({ tray: false, no_notifications: silence })
    await open('', { view, settings: { ...samples.settings, told_tray: false } })
    await until(() => text().includes(silence))
    expect(text()).toContain('Start Lamplighter again to see this window.')
    expect(text()).not.toContain('notifications come all the same')
    // What is understood of the tray is not understood of notifications.
    button('Got it').click()
    await until(() => !text().includes('Start Lamplighter again to see this window.'))
    expect(requests('set_settings')).toMatchObject([{ settings: { told_tray: true } }])
    expect(text()).toContain(silence)
    button('Got it').click()
    await until(() => !text().includes(silence))
    expect(requests('set_settings')).toHaveLength(1)
    // It can be read again.
    location.hash = '#settings'
    await until(() => text().includes(silence))
    view.no_notifications = null
    emit({ event: 'engine' })
    await until(() => !text().includes(silence) && text().includes('notifications come all the same'))
  })

  test('m5_without_notifications_that_is_said_each_time_the_window_opens, though the tray was understood', async () => {
    const silence = 'Your desktop shows no notifications. Install a server.'
    const view = samples.engineView({ no_notifications: silence })
    await open('', { view, settings: { ...samples.settings, told_tray: true } })
    await until(() => text().includes(silence))
    button('Got it').click()
    await until(() => !text().includes(silence))
    // They come, and go again: that is news.
    view.no_notifications = null
    emit({ event: 'engine' })
    await until(() => engine.view?.no_notifications === null)
    view.no_notifications = silence
    emit({ event: 'engine' })
    await until(() => text().includes(silence))
  })

  test('f31_what_is_worth_knowing_of_a_login_that_is_fine_is_said_quietly, with a new login as the way out', async () => {
    const what = 'Each request to slack.com carries 9 KB of cookies.'
    const accounts = samples.accounts(Date.now(), say).map((one) =>
      one.name === 'work-slack' ? { ...one, standing: 'fine' as const, notice: { code: 'temporary' as const, account: one.name, what } } : one,
    )
    await open('#account=work-slack', { accounts })
    await until(() => text().includes(what))
    expect(document.querySelector('.attention.loud')).toBeNull()
    expect(document.querySelector('main')?.textContent).not.toContain('Try now')
    button('Reconnect').click()
    await until(() => requests('login').length === 1)
  })

  test('another store that is set is a banner with the folder of settings', async () => {
    const notice = { code: 'blocked' as const, what: 'config.toml says that logins are kept in the kernel’s keyring.' }
    await open('', { view: samples.engineView({ notices: [notice] }) })
    button('Open folder of settings').click()
    await until(() => requests('open_folder').length === 1)
    expect(requests('open_folder')[0]).toMatchObject({ folder: 'config' })
  })

  test('m8_language_and_theme_follow_the_settings_at_once', async () => {
    await open('', { settings: { ...samples.settings, lang: 'fr', theme: 'dark' } })
    await until(() => text().includes('Connexions'))
    expect(document.documentElement.lang).toBe('fr')
    expect(document.documentElement.dataset.theme).toBe('dark')
  })

  test('an engine that does not answer leaves a way out', async () => {
    const scene = await open('', { fails: { accounts: { code: 'internal', what: 'No answer.' } } })
    expect(text()).toContain('No answer.')
    scene.fails = {}
    button('Try again').click()
    await until(() => engine.accounts !== null)
  })
})
