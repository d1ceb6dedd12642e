import { describe, expect, test } from 'vitest'
import { en } from '../src/lib/i18n/en'
import { fr } from '../src/lib/i18n/fr'
import { absolute, moment, relative, shortSpan, span, took } from '../src/lib/time'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const now = new Date(2026, 10, 20, 14, 0).getTime()
const plain = (text: string) => text.replaceAll('\u00a0', ' ').replaceAll('\u202f', ' ')

describe('spans', () => {
  test('show their two largest units', () => {
    expect(plain(span(11 * HOUR + 42 * MINUTE, en.units))).toBe('11 h 42 min')
    expect(plain(span(3 * DAY + 4 * HOUR + 59 * MINUTE, fr.units))).toBe('3 j 4 h')
    expect(plain(span(2 * HOUR, en.units))).toBe('2 h')
    expect(plain(span(40_000, en.units))).toBe('40 s')
  })

  test('never promise more than is left', () => {
    expect(plain(span(2 * MINUTE - 1, en.units))).toBe('1 min')
    expect(plain(span(-5000, en.units))).toBe('0 s')
  })

  test('have one unit in the list', () => {
    expect(plain(shortSpan(11 * HOUR + 42 * MINUTE, en.units))).toBe('11 h')
    expect(plain(shortSpan(50 * HOUR, fr.units))).toBe('2 j')
  })
})

describe('relative times', () => {
  test('m8_are_said_in_both_languages', () => {
    expect(plain(relative(now - 2 * MINUTE, now, en))).toBe('2 min ago')
    expect(plain(relative(now - 2 * MINUTE, now, fr))).toBe('il y a 2 min')
    expect(plain(relative(now + 6 * MINUTE, now, en))).toBe('in 6 min')
    expect(plain(relative(now + 6 * MINUTE, now, fr))).toBe('dans 6 min')
  })

  test('ahead of now are rounded up, so that nothing is announced too early', () => {
    expect(plain(relative(now + 5 * MINUTE + 59_000, now, en))).toBe('in 6 min')
  })

  test('of this very moment are "now"', () => {
    expect(relative(now - 1000, now, en)).toBe('now')
  })
})

describe('moments', () => {
  test('carry as much of the date as is needed', () => {
    expect(plain(moment(now + 31 * MINUTE, now, 'en-GB'))).toBe('14:31')
    expect(plain(moment(now + 2 * DAY, now, 'en-GB'))).toBe('Sunday 14:00')
    expect(plain(moment(now + 13 * DAY, now, 'fr'))).toBe('3 déc. 14:00')
    expect(plain(moment(now + 31 * MINUTE, now, 'en-US')), 'one clock on the page: the engine’s sentences count to 24').toBe('14:31')
    expect(absolute(now, 'en-US')).not.toMatch(/[AP]M/)
  })

  test('just before midnight are not today once it is past', () => {
    const midnight = new Date(2026, 10, 20, 0, 5).getTime()
    expect(plain(moment(midnight - 10 * MINUTE, midnight, 'en-GB'))).toBe('Thursday 23:55')
  })
})

test('how long something took has the decimal sign of the language', () => {
  expect(plain(took(340, 'en', en.history))).toBe('340 ms')
  expect(plain(took(1840, 'en', en.history))).toBe('1.8 s')
  expect(plain(took(1840, 'fr', fr.history))).toBe('1,8 s')
})
