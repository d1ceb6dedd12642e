// Times in words. Spans are ours (two units at most, tabular); absolute times are the locale's, by Intl.
import type { Texts } from './i18n/en'

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** As in what the engine says: 14:02 in a sentence and 2:02 PM beside it would be two clocks on one page. */
const CYCLE = 'h23'

/** No-break, so that `11 h` never wraps. */
const GAP = '\u00a0'

/** A length of time with its two largest units: `11 h 42 min`, `3 d 4 h`, `40 s`. Negative counts as zero. */
export function span(ms: number, units: Texts['units']): string {
  const left = Math.max(0, ms)
  if (left < MINUTE) return `${Math.floor(left / SECOND)}${GAP}${units.second}`
  if (left < HOUR) return `${Math.floor(left / MINUTE)}${GAP}${units.minute}`
  if (left < DAY) return two(left, HOUR, units.hour, MINUTE, units.minute)
  return two(left, DAY, units.day, HOUR, units.hour)
}

/** The largest unit alone, for narrow places: `11 h`. */
export function shortSpan(ms: number, units: Texts['units']): string {
  const left = Math.max(0, ms)
  if (left < HOUR) return span(left, units)
  return left < DAY ? `${Math.floor(left / HOUR)}${GAP}${units.hour}` : `${Math.floor(left / DAY)}${GAP}${units.day}`
}

function two(ms: number, large: number, largeUnit: string, small: number, smallUnit: string): string {
  const first = Math.floor(ms / large)
  const second = Math.floor((ms % large) / small)
  const head = `${first}${GAP}${largeUnit}`
  return second === 0 ? head : `${head} ${second}${GAP}${smallUnit}`
}

/** How far `at` is from `now`: `2 min ago`, `in 6 min`, `now`. */
export function relative(at: number, now: number, t: Texts): string {
  const distance = at - now
  if (Math.abs(distance) < 5 * SECOND) return t.time.now
  // Rounded up ahead of now: a refresh in 5 min 59 s is in 6 minutes, not in 5.
  return distance > 0 ? t.time.ahead(span(roundedUp(distance), t.units)) : t.time.ago(span(-distance, t.units))
}

function roundedUp(ms: number): number {
  return ms < MINUTE ? ms : Math.ceil(ms / MINUTE) * MINUTE
}

/** A moment as a clock shows it, with as much of the date as is needed: `14:31`, `Thu 14:31`, `3 Dec 14:31`. */
export function moment(at: number, now: number, locale: string): string {
  const days = Math.abs(startOfDay(at) - startOfDay(now)) / DAY
  const clock: Intl.DateTimeFormatOptions = { timeStyle: 'short', hourCycle: CYCLE }
  if (days < 0.5) return new Intl.DateTimeFormat(locale, clock).format(at)
  const date: Intl.DateTimeFormatOptions =
    days < 6.5 ? { weekday: 'long' } : days < 300 ? { day: 'numeric', month: 'short' } : { dateStyle: 'medium' }
  const day = new Intl.DateTimeFormat(locale, date).format(at)
  return days < 300 ? `${day} ${new Intl.DateTimeFormat(locale, clock).format(at)}` : day
}

/** All of it, for hovering. */
export function absolute(at: number, locale: string): string {
  return new Intl.DateTimeFormat(locale, { dateStyle: 'full', timeStyle: 'medium', hourCycle: CYCLE }).format(at)
}

/** A day without the time: `12 Nov`. */
export function dayOf(at: number, locale: string): string {
  return new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'long' }).format(at)
}

/** How long lives were, from the shortest to the longest, in the largest unit that tells them apart. */
export function lives(shortest: number, longest: number, t: Texts['lives']): string {
  const [unit, words] = longest >= 2 * DAY ? [DAY, t.days] : [HOUR, t.hours]
  const [from, to] = [shortest, longest].map((life) => Math.max(1, Math.round(life / unit))) as [number, number]
  return from === to ? words(to) : t.spread(from, words(to))
}

function startOfDay(at: number): number {
  return new Date(at).setHours(0, 0, 0, 0)
}

/** How long something took: `340 ms`, `1.2 s`. */
export function took(ms: number, locale: string, t: Pick<Texts['history'], 'ms' | 'seconds'>): string {
  if (ms < 1000) return t.ms(String(Math.round(ms)))
  return t.seconds(new Intl.NumberFormat(locale, { maximumFractionDigits: 1 }).format(ms / SECOND))
}
