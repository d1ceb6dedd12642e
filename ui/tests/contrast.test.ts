import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'

const css = readFileSync('src/styles/tokens.css', 'utf8')

function tokens(selector: string): Map<string, string> {
  const block = css.slice(css.indexOf(`${selector} {`)).split('}')[0] ?? ''
  return new Map([...block.matchAll(/--([a-z-]+):\s*(#[0-9a-f]{6})/g)].map((match) => [match[1] ?? '', match[2] ?? '']))
}

/** Relative luminance, WCAG 2.2. */
function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const part = parseInt(hex.slice(at, at + 2), 16) / 255
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}

function contrast(one: string, other: string): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b)
  return (light + 0.05) / (dark + 0.05)
}

/** Text on its grounds: 4.5:1. */
const TEXT: [string, string[]][] = [
  ['text', ['ground', 'side', 'raised', 'hover', 'accent-ground']],
  ['quiet', ['ground', 'side', 'raised', 'hover']],
  ['accent', ['ground', 'hover']],
  ['fine', ['ground']],
  ['slate', ['ground', 'side']],
  ['amber', ['ground', 'side']],
  ['amber-text', ['amber-ground', 'hover']],
  ['red', ['raised']],
  ['on-accent', ['accent']],
  ['on-red', ['red']],
]
/** Edges of controls, shapes and focus rings: 3:1 (WCAG 1.4.11). */
const SHAPES: [string, string[]][] = [
  ['edge', ['ground', 'raised', 'side']],
  ['accent', ['ground', 'side', 'amber-ground']],
  ['amber', ['amber-ground', 'hover']],
  ['fine', ['ground', 'side', 'hover']],
  ['slate', ['hover']],
]

describe.each([
  ['light', ':root'],
  ['dark', ':root[data-theme="dark"]'],
])('m8_contrast_in_%s', (_, selector) => {
  const colours = tokens(selector)
  const cases = [...TEXT.map((pair) => ({ pair, least: 4.5 })), ...SHAPES.map((pair) => ({ pair, least: 3 }))]
  test.each(cases.flatMap(({ pair: [front, grounds], least }) => grounds.map((ground) => [front, ground, least] as const)))(
    '%s on %s is at least %d to 1',
    (front, ground, least) => {
      expect(contrast(colours.get(front) ?? '', colours.get(ground) ?? '')).toBeGreaterThanOrEqual(least)
    },
  )
})
