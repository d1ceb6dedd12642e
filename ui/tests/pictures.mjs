// Pictures of every view, light and dark, in both languages, into docs/pictures/ui/: `npm run pictures [NAME…]`.
// The window is built as for the product, with a fake engine, and served under the product's content security
// policy. Each view is checked as well (checks.mjs); whatever is found is printed and fails the run. What they were made
// of is noted beside them (current.mjs).
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'
import { build, preview } from 'vite'
import { faults, keyboardFaults } from './checks.mjs'
import { LANGS, note, sourcesNow, THEMES } from './current.mjs'
import { VIEWS } from './views.mjs'

const here = (path) => fileURLToPath(new URL(path, import.meta.url))
const root = here('../..')
const pictures = join(root, 'docs/pictures')
const CHROMIUM = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/google-chrome'].find((path) => path && existsSync(path))
/** The moment of all pictures, so that they change only where the window does; times in the samples fit it. */
const NOW = '2026-11-20T11:20:00+01:00'
const POLICY = "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; object-src 'none'; frame-src 'none'; base-uri 'none'"

const wanted = process.argv.slice(2)
// As built: what is changed while pictures are made is in none of them.
const sources = wanted.length === 0 ? sourcesNow(root) : null
const outDir = mkdtempSync(join(tmpdir(), 'lamplighter-ui-'))
const vite = { configFile: here('../vite.config.ts'), root: here('..'), mode: 'preview', logLevel: 'warn' }
await build({ ...vite, build: { outDir } })
const server = await preview({ ...vite, build: { outDir }, preview: { port: 0, headers: { 'Content-Security-Policy': POLICY } } })
const origin = `http://localhost:${server.httpServer.address().port}`
// Chromium refuses its sandbox to root; only our own pages are opened here.
const browser = await chromium.launch({ executablePath: CHROMIUM, args: process.getuid?.() === 0 ? ['--no-sandbox'] : [] })

function complain(what) {
  console.error(what)
  process.exitCode = 1
}

async function picture(view, theme, lang, path, deviceScaleFactor = 1) {
  const page = await browser.newPage({ viewport: view.size, reducedMotion: 'reduce', colorScheme: theme, locale: lang === 'fr' ? 'fr-FR' : 'en-GB', timezoneId: 'Europe/Paris', deviceScaleFactor })
  await page.clock.setFixedTime(NOW)
  const name = `${view.name} (${theme}, ${lang})`
  page.on('pageerror', (error) => complain(`${name}: ${error}`))
  page.on('console', (message) => message.type() === 'error' && complain(`${name}: ${message.text()}`))
  await page.goto(`${origin}/?lang=${lang}&theme=${theme}&${view.scene}${view.hash}`)
  await page.waitForSelector('h1, [role=alert]')
  await view.act?.(page)
  // What was pressed on the way would else be shown under the pointer.
  await page.mouse.move(0, 0)
  await page.screenshot({ path: join(pictures, path), animations: 'disabled' })
  const found = [...(await faults(page)), ...(theme === 'light' ? await keyboardFaults(page) : [])]
  for (const fault of found) complain(`${name}: ${fault}`)
  await page.close()
}

mkdirSync(join(pictures, 'ui'), { recursive: true })
try {
  for (const view of VIEWS.filter(({ name }) => wanted.length === 0 || wanted.some((part) => name.includes(part)))) {
    for (const theme of THEMES) {
      for (const lang of LANGS) await picture(view, theme, lang, `ui/${view.name}-${theme}-${lang}.png`)
    }
  }
  // For the README: sharp on every screen.
  const [first] = VIEWS
  for (const theme of THEMES) {
    await picture({ ...first, size: { width: 880, height: 600 } }, theme, 'en', theme === 'light' ? 'window.png' : 'window-dark.png', 2)
  }
  // One that shows a fault is not one of a good window.
  if (!process.exitCode) note(root, sources)
} finally {
  await browser.close()
  await server.close()
  rmSync(outDir, { recursive: true })
}
