// Whether the pictures in docs/pictures are those of the window as it is: what they were made of is noted beside them,
// file by file, and compared. By content alone, so that neither line ends nor dates nor the machine matter.
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { VIEWS } from './views.mjs'

/** What is seen in pictures, from the project's root; of a folder all that is in it. */
const SOURCES = [
  'icons/tray', 'ui/index.html', 'ui/package-lock.json', 'ui/src', 'ui/vite.config.ts',
  'ui/tests/fake-engine.ts', 'ui/tests/pictures.mjs', 'ui/tests/samples.ts', 'ui/tests/views.mjs',
]
/** Types alone, the way to the real engine, in whose place pictures have the fake one, and the tray's own icons. */
const UNSEEN = /^ui\/src\/lib\/(bindings|tauri)\.ts$|\.png$/
const NOTED = 'docs/pictures/made-of.json'

export const THEMES = ['light', 'dark']
export const LANGS = ['en', 'fr']

/** The pictures that there have to be, from docs/pictures. */
export function pictureNames() {
  const ofViews = VIEWS.flatMap(({ name }) => THEMES.flatMap((theme) => LANGS.map((lang) => `ui/${name}-${theme}-${lang}.png`)))
  return [...ofViews, 'window-dark.png', 'window.png']
}

function filesIn(root, path) {
  if (!statSync(join(root, path)).isDirectory()) return [path]
  return readdirSync(join(root, path)).flatMap((name) => filesIn(root, `${path}/${name}`))
}

const digest = (bytes) => createHash('sha256').update(bytes).digest('hex').slice(0, 32)
const digestOfText = (path) => digest(readFileSync(path, 'utf8').replaceAll('\r\n', '\n'))

/** Each source with its digest. */
export function sourcesNow(root) {
  const paths = SOURCES.flatMap((path) => filesIn(root, path)).filter((path) => !UNSEEN.test(path))
  return Object.fromEntries(paths.sort().map((path) => [path, digestOfText(join(root, path))]))
}

function picturesNow(root, names) {
  const there = names.filter((name) => existsSync(join(root, 'docs/pictures', name)))
  return Object.fromEntries(there.sort().map((name) => [name, digest(readFileSync(join(root, 'docs/pictures', name)))]))
}

function noted(root) {
  const path = join(root, NOTED)
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : { sources: {}, pictures: {} }
}

/**
 * Notes what all pictures were made of: the sources as they were before the first of them. Where only some were made,
 * `sources` is null, and the others stay what they are.
 */
export function note(root, sources) {
  const made = { sources: sources ?? noted(root).sources, pictures: picturesNow(root, pictureNames()) }
  writeFileSync(join(root, NOTED), `${JSON.stringify(made, null, 1)}\n`)
}

/** What is not as it was when the pictures were made; nothing if they are current. */
export function stale(root) {
  const before = noted(root)
  const names = pictureNames()
  const pictures = picturesNow(root, names)
  return [
    ...different(before.sources, sourcesNow(root), 'changed'),
    ...names.filter((name) => !(name in pictures)).map((name) => `missing: docs/pictures/${name}`),
    ...different(before.pictures, pictures, 'not the picture that was made').filter((line) => !line.startsWith('gone: ')),
    ...leftOver(root, names).map((name) => `of no view: docs/pictures/ui/${name}`),
  ]
}

function different(before, now, word) {
  const gone = Object.keys(before).filter((path) => !(path in now)).map((path) => `gone: ${path}`)
  return [...gone, ...Object.keys(now).filter((path) => before[path] !== now[path]).map((path) => `${word}: ${path}`)]
}

function leftOver(root, names) {
  const folder = join(root, 'docs/pictures/ui')
  return existsSync(folder) ? readdirSync(folder).filter((name) => !names.includes(`ui/${name}`)) : []
}
