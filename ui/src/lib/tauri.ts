// The only file that knows Tauri. What is asked and answered is the engine's contract (bindings.ts).
import { invoke } from '@tauri-apps/api/core'
import { listen as listenTo } from '@tauri-apps/api/event'
import type { Event, Request, Response } from './bindings'

/** Asks the engine. Rejects with an `ErrorBody`. */
export function call(request: Request): Promise<Response> {
  return invoke<Response>('call', { request })
}

/** Hears what changed in the engine; the returned function stops that. */
export function listen(heard: (event: Event) => void): Promise<() => void> {
  return listenTo<Event>('engine', (event) => heard(event.payload))
}
