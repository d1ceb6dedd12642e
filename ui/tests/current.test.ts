// The check of the pictures finds what it is for, and nothing else.
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
// @ts-expect-error a script without types
import { note, pictureNames, sourcesNow, stale } from './current.mjs'

let root: string
const at = (path: string) => join(root, path)
const edit = (path: string, change: (text: string) => string) => writeFileSync(at(path), change(readFileSync(at(path), 'utf8')))

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'lamplighter-pictures-'))
  const own = ['index.html', 'package-lock.json', 'vite.config.ts', 'src', 'tests'].map((name) => [`../ui/${name}`, `ui/${name}`])
  for (const [from, to] of [...own, ['../icons/tray', 'icons/tray']]) cpSync(from ?? '', at(to ?? ''), { recursive: true })
  mkdirSync(at('docs/pictures/ui'), { recursive: true })
  for (const name of pictureNames()) writeFileSync(at(`docs/pictures/${name}`), `picture of ${name}`)
  note(root, sourcesNow(root))
})

afterEach(() => rmSync(root, { recursive: true }))

test('pictures that were just made are current', () => {
  expect(stale(root)).toEqual([])
})

test('whatever is seen in them and changed makes them old, and is named', () => {
  for (const path of ['ui/src/App.svelte', 'ui/src/styles/tokens.css', 'ui/src/lib/i18n/fr.ts', 'ui/index.html', 'ui/tests/samples.ts', 'ui/tests/views.mjs', 'ui/tests/pictures.mjs', 'icons/tray/fine.svg']) {
    const before = readFileSync(at(path), 'utf8')
    edit(path, (text) => `${text} `)
    expect(stale(root)).toEqual([`changed: ${path}`])
    writeFileSync(at(path), before)
  }
  writeFileSync(at('ui/src/views/New.svelte'), '<p></p>')
  rmSync(at('ui/src/views/Empty.svelte'))
  expect(stale(root)).toEqual(['gone: ui/src/views/Empty.svelte', 'changed: ui/src/views/New.svelte'])
})

test('a picture that was changed, is missing or is of nothing is named', () => {
  writeFileSync(at('docs/pictures/ui/empty-dark-fr.png'), 'drawn by hand')
  expect(stale(root)).toEqual(['not the picture that was made: ui/empty-dark-fr.png'])
  rmSync(at('docs/pictures/ui/empty-dark-fr.png'))
  writeFileSync(at('docs/pictures/ui/of-old.png'), '')
  expect(stale(root)).toEqual(['missing: docs/pictures/ui/empty-dark-fr.png', 'of no view: docs/pictures/ui/of-old.png'])
})

test('without a note nothing is current', () => {
  rmSync(at('docs/pictures/made-of.json'))
  expect(stale(root).length).toBeGreaterThan(pictureNames().length)
})

test('some pictures alone do not make the others current', () => {
  edit('ui/src/App.svelte', (text) => `${text} `)
  writeFileSync(at('docs/pictures/ui/empty-dark-fr.png'), 'made anew')
  note(root, null)
  expect(stale(root)).toEqual(['changed: ui/src/App.svelte'])
})

test('line ends, dates and what nobody sees do not matter', () => {
  edit('ui/src/App.svelte', (text) => text.replaceAll('\n', '\r\n'))
  utimesSync(at('ui/src/main.ts'), 1, 1)
  edit('ui/src/lib/bindings.ts', (text) => `// ${text}`)
  edit('ui/tests/logic.test.ts', (text) => `// ${text}`)
  expect(stale(root)).toEqual([])
})
