import { call } from '$engine'
import type { Notice, Request, Response } from './bindings'

type Answer = Response['answer']

/** Asks the engine and expects this kind of answer. Rejects with what `noticeOf` understands. */
export async function ask<A extends Answer>(request: Request, answer: A): Promise<Extract<Response, { answer: A }>> {
  const response = await call(request)
  if (response.answer !== answer) {
    throw new Error(`${request.call} was answered with ${response.answer}`)
  }
  return response as Extract<Response, { answer: A }>
}

/** What went wrong, for the person: the engine's own words, or the bare fact if it is not from the engine. */
export function noticeOf(error: unknown): Notice {
  if (typeof error === 'object' && error !== null && 'error' in error) {
    const notice = error.error
    if (typeof notice === 'object' && notice !== null && 'what' in notice) {
      return notice as Notice
    }
  }
  const what = error instanceof Error ? error.message : String(error)
  return { code: 'internal', what }
}
