// The whole window against the fake engine: a person's eyes and hands. Each test gets a window of its own.
import { flushSync, mount, tick, unmount } from 'svelte'
import { afterEach, beforeEach, expect, vi } from 'vitest'
import App from '../src/App.svelte'
import { engine } from '../src/lib/engine.svelte'
import { asked, setScene, type Scene } from './fake-engine'
import * as samples from './samples'

let app: ReturnType<typeof mount>
export const say = samples.sayIn('en')

export async function open(hash = '', change: Partial<Scene> = {}): Promise<Scene> {
  const scene = setScene(change)
  Object.assign(engine, { accounts: null, view: null, settings: null, logins: {}, failure: null, inDialog: false, knowsSilence: false })
  engine.said.say([])
  location.hash = hash
  app = mount(App, { target: document.body })
  await until(() => engine.accounts !== null || engine.failure !== null)
  return scene
}

/** Until this holds; what is asked of the fake engine is answered within microtasks. */
export async function until(holds: () => boolean): Promise<void> {
  await vi.waitFor(async () => {
    await tick()
    flushSync()
    expect(holds()).toBe(true)
  }, { timeout: 60_000, interval: 10 })
}

export const text = () => document.body.textContent ?? ''

export function button(name: string): HTMLElement {
  const all = Array.from(document.querySelectorAll<HTMLElement>('button, a'))
  const found = all.find((one) => (one.getAttribute('aria-label') ?? one.textContent ?? '').trim().startsWith(name))
  if (!found) throw new Error(`no button ${name}`)
  return found
}

export function field(label: string): HTMLInputElement {
  const found = Array.from(document.querySelectorAll('label')).find((one) => one.textContent?.trim().startsWith(label))
  const input = document.getElementById(found?.htmlFor ?? '')
  if (!(input instanceof HTMLInputElement)) throw new Error(`no field ${label}`)
  return input
}

export function type(label: string, value: string): void {
  const input = field(label)
  input.value = value
  input.dispatchEvent(new Event('input', { bubbles: true }))
  flushSync()
}

export const requests = (call: string) => asked.filter((request) => request.call === call)

beforeEach(() => vi.spyOn(navigator, 'languages', 'get').mockReturnValue(['en-GB']))

afterEach(async () => {
  await unmount(app)
  document.body.innerHTML = ''
  vi.restoreAllMocks()
})
