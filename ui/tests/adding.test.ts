// Adding a login in the whole window, against the fake engine, as a person does it.
import { flushSync } from 'svelte'
import { describe, expect, test } from 'vitest'
import { emit, setScene } from './fake-engine'
import { button, field, open, requests, say, text, type, until } from './hand'
import * as samples from './samples'

describe('adding a login', () => {
  const pick = async (service: string) => {
    await until(() => document.querySelectorAll('main li button').length > 0)
    button(service).click()
    flushSync()
  }
  const submit = () => document.querySelector('main form')?.dispatchEvent(new SubmitEvent('submit', { cancelable: true, bubbles: true }))

  test('secrets are sent apart from the other values', async () => {
    await open('#add')
    await pick('Slack')
    type('Client id', '123')
    type('Client secret', 'hush')
    submit()
    await until(() => requests('new_login').length === 1)
    expect(requests('new_login')[0]).toEqual({
      call: 'new_login', provider: 'slack', name: null, way: 0, vars: { client_id: '123', scopes: 'chat:write' }, secrets: { client_secret: 'hush' },
    })
  })

  test('going back never loses what was typed', async () => {
    await open('#add')
    await pick('Slack')
    type('Client id', '123')
    button('Back').click()
    await until(() => document.querySelector('[role=search]') !== null)
    await pick('Slack')
    expect(field('Client id').value).toBe('123')
    type('Client secret', 'hush')
    submit()
    await until(() => text().includes('in the window that is open'))
    button('Cancel').click()
    await until(() => document.body.querySelectorAll('main form').length === 1 && text().includes('Client id'))
    expect([field('Client id').value, field('Client secret').value]).toEqual(['123', 'hush'])
  })

  test('leaving half-way cancels the login', async () => {
    await open('#add')
    await pick('OneFlex')
    submit()
    await until(() => text().includes('in the window that is open'))
    location.hash = '#settings'
    await until(() => requests('login_answer').length === 1)
    expect(requests('login_answer')[0]).toMatchObject({ answer: { answer: 'cancel' } })
  })

  test('n2_the_proof_is_shown_before_the_last_step', async () => {
    const { stage } = await open('#add', { stage: samples.stages(say).proving })
    expect(stage.stage).toBe('proving')
    await pick('OneFlex')
    submit()
    await until(() => text().includes('it is tried whether this can be kept alive'))
    setStage('done')
    emit({ event: 'login', id: 'l1' })
    await until(() => text().includes('Signed in as ana@example.com. Lamplighter can keep this alive.'))
    button('Continue').click()
    await until(() => text().includes('Where should the token go?'))
    expect(text()).toContain('lamp token oneflex')
  })

  test('m8_the_keyboard_goes_along_with_the_steps', async () => {
    await open('#add', { stage: samples.stages(say).fields })
    const here = () => document.activeElement
    await until(() => here() === document.querySelector('[role=search] input'))
    await pick('Slack')
    expect(here()).toBe(field('Client id'))
    type('Client id', '123')
    type('Client secret', 'hush')
    button('Sign in').focus()
    submit()
    // A form of the service's own: its first field.
    await until(() => here() === document.querySelector('.panel input'))
    button('Continue').focus()
    setStage('proving')
    emit({ event: 'login', id: 'l1' })
    await until(() => here() === document.querySelector('.panel'))
    setStage('done')
    emit({ event: 'login', id: 'l1' })
    await until(() => text().includes('Lamplighter can keep this alive.') && here() === button('Continue'))
    button('Continue').click()
    await until(() => (here() as HTMLInputElement).type === 'radio')
  })

  test('a name that people write becomes one that programs can use', async () => {
    await open('#add')
    await pick('OneFlex')
    type('Name of this login', 'My Flex')
    field('Name of this login').dispatchEvent(new Event('change', { bubbles: true }))
    flushSync()
    expect(field('Name of this login').value).toBe('my-flex')
  })

  test('a broken recipe cannot be chosen, and says why', async () => {
    await open('#add')
    await pick('OneFlex')
    button('Back').click()
    await until(() => text().includes('wiki.toml'))
    expect((button('wiki.toml') as HTMLButtonElement).disabled).toBe(true)
    expect(text()).toContain('Line 12')
  })

  const setStage = (name: 'proving' | 'done') => setScene({ stage: samples.stages(say)[name] })
})
