// The one file that knows Tauri, against Tauri's own stand-in for its bridge.
import { emit } from '@tauri-apps/api/event'
import { clearMocks, mockIPC } from '@tauri-apps/api/mocks'
import { afterEach, expect, test } from 'vitest'
import type { Event } from '../src/lib/bindings'
import { call, listen } from '../src/lib/tauri'

afterEach(() => clearMocks())

test('every request is one call of the one command', async () => {
  const seen: unknown[] = []
  mockIPC((command, payload) => {
    seen.push([command, payload])
    return { answer: 'done' }
  })
  expect(await call({ call: 'retry_store' })).toEqual({ answer: 'done' })
  expect(seen).toEqual([['call', { request: { call: 'retry_store' } }]])
})

test('a refusal arrives as the engine said it', async () => {
  const error = { error: { code: 'store_locked', what: 'Your keyring is locked.' } }
  mockIPC(() => {
    throw error
  })
  await expect(call({ call: 'accounts' })).rejects.toEqual(error)
})

test('what changed is heard until nobody listens any more', async () => {
  mockIPC(() => {}, { shouldMockEvents: true })
  const heard: Event[] = []
  const stop = await listen((event) => heard.push(event))
  await emit('engine', { event: 'engine' })
  stop()
  await emit('engine', { event: 'lagged' })
  expect(heard).toEqual([{ event: 'engine' }])
})
