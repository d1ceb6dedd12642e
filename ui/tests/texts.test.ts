import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { en } from '../src/lib/i18n/en'
import { fr } from '../src/lib/i18n/fr'

/** All texts with their path; functions are called with samples. */
function leaves(texts: object, path = ''): [string, string][] {
  return Object.entries(texts).flatMap(([key, value]): [string, string][] => {
    const here = path ? `${path}.${key}` : key
    if (typeof value === 'string') return [[here, value]]
    if (typeof value === 'function') return [[here, String(value('3', 'B'))]]
    return leaves(value as object, here)
  })
}

// Words that are the same in both languages.
const SHARED = /^(units\.|language\.|history\.ways\.|history\.(ms|seconds)|add\.(found|steps\.0)|session\.title|settings\.version|changed)/

test('m8_every_text_exists_in_french', () => {
  const [english, french] = [leaves(en), new Map(leaves(fr))]
  expect([...french.keys()].sort()).toEqual(english.map(([path]) => path).sort())
  for (const [path, text] of english) {
    expect(french.get(path), path).not.toBe('')
    if (!SHARED.test(path)) expect(french.get(path), path).not.toBe(text)
  }
})

test('the voice: no exclamation marks, no "oops", nothing of the inside', () => {
  for (const [path, text] of [...leaves(en), ...leaves(fr)]) {
    expect(text, path).not.toMatch(/!|oops|\b(grant|generation|rung)\b/i)
  }
})

test('apostrophes are those of print', () => {
  for (const [path, text] of [...leaves(en), ...leaves(fr)]) expect(text, path).not.toMatch(/\p{L}'\p{L}/u)
})

test('French puts a no-break space before its double signs', () => {
  for (const [path, text] of leaves(fr)) {
    expect(text, path).not.toMatch(/[^\u00a0][?;»]|[^\u00a0\d]:|«[^\u00a0]/)
  }
})

test('no page joins texts by a colon of its own: French spaces it', () => {
  for (const file of sources('src')) expect(readFileSync(file, 'utf8'), file).not.toMatch(/(\$|[>"])\{[^}\n]+\}: /)
})

test('plural forms: zero is one in French, not in English', () => {
  expect([0, 1, 2].map(en.session.cookies)).toEqual(['0 cookies kept', '1 cookie kept', '2 cookies kept'])
  expect([0, 1, 2].map(fr.session.cookies)).toEqual(['0 cookie conservé', '1 cookie conservé', '2 cookies conservés'])
})

test('no text is left that nothing shows', () => {
  const source = sources('src').map((file) => readFileSync(file, 'utf8')).join('\n')
  const unused = leaves(en).filter(([path]) => {
    const [, last = path] = path.split('.')
    return !new RegExp(`\\b${last}\\b`).test(source)
  })
  expect(unused).toEqual([])
})

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return entry.name === 'i18n' ? [] : sources(path)
    return /\.(svelte|ts)$/.test(entry.name) && entry.name !== 'bindings.ts' ? [path] : []
  })
}
