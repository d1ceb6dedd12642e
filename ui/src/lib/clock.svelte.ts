// The present, for relative times. It ticks only while somebody can see it.
class Clock {
  now = $state(Date.now())
}

export const clock = new Clock()

/** Starts the ticking; returns what stops it. */
export function startClock(document: Document): () => void {
  let timer: ReturnType<typeof setInterval> | undefined
  const follow = () => {
    clearInterval(timer)
    if (!document.hidden) {
      clock.now = Date.now()
      timer = setInterval(() => (clock.now = Date.now()), 1000)
    }
  }
  document.addEventListener('visibilitychange', follow)
  follow()
  return () => {
    clearInterval(timer)
    document.removeEventListener('visibilitychange', follow)
  }
}
