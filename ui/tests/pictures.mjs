// Pictures of every view, light and dark, in both languages, into docs/pictures/ui/. `npm run pictures [NAME…]`
// They are made with a fake engine and the Chromium that CHROMIUM names (else the usual places).
import { existsSync, mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'
import { createServer } from 'vite'

const here = (path) => fileURLToPath(new URL(path, import.meta.url))
const folder = here('../../docs/pictures/ui/')
const CHROMIUM = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/google-chrome'].find((path) => path && existsSync(path))
const WINDOW = { width: 880, height: 600 }
const SMALLEST = { width: 640, height: 480 }

const toStep2 = async (page) => page.getByRole('button', { name: /^Slack/ }).click()
const signIn = async (page) => {
  await page.getByRole('button', { name: /^OneFlex/ }).click()
  await page.getByRole('button', { name: /^(Sign in|Se connecter)$/ }).click()
}
const deliver = async (page) => {
  await signIn(page)
  await page.getByRole('button', { name: /^(Continue|Continuer)$/ }).click()
  await page.getByRole('radio').nth(1).check()
}
const whole = { height: 980 }

/** Name, query, hash, what is done before the picture, what differs in size. */
const VIEWS = [
  ['account', '', '#account=work-slack', null, whole],
  ['account-needs-you', '', '#account=oneflex'],
  ['account-waiting', '', '#account=twitch'],
  ['account-paused', '', '#account=bank-api'],
  ['account-working', 'scene=working', '#account=work-slack'],
  ['account-menu', '', '#account=work-slack', (page) => page.locator('[aria-haspopup=menu]').click()],
  ['account-logout', '', '#account=work-slack', async (page) => {
    await page.locator('[aria-haspopup=menu]').click()
    await page.getByRole('menuitem').last().click()
  }],
  ['account-history', '', '#account=work-slack', (page) => page.locator('summary').click(), whole],
  ['account-smallest', '', '#account=work-slack', null, SMALLEST],
  ['locked', 'scene=locked', '#account=work-slack'],
  ['unreachable', 'scene=unreachable', ''],
  ['reconnect', 'scene=reconnect&stage=open', '#account=oneflex'],
  ['reconnect-wrong-person', 'scene=reconnect&stage=wrong_person', '#account=oneflex'],
  ['empty', 'scene=empty', ''],
  ['add-1-service', '', '#add'],
  ['add-1-unknown', '', '#add', (page) => page.getByRole('searchbox').fill('https://intra.unknown.example/login')],
  ['add-2-needs', '', '#add', toStep2],
  ...['opening', 'open', 'browser', 'fields', 'paste_address', 'proving', 'failed', 'done'].map((stage) => [`add-3-${stage.replace('_', '-')}`, `stage=${stage}`, '#add', signIn]),
  ['add-4-token', 'stage=done', '#add', deliver],
  ['settings', '', '#settings', null, { height: 760 }],
]

const wanted = process.argv.slice(2)
const server = await createServer({ configFile: here('../vite.config.ts'), root: here('..'), mode: 'preview', server: { port: 5199 }, logLevel: 'warn' })
await server.listen()
const browser = await chromium.launch({ executablePath: CHROMIUM, args: process.getuid?.() === 0 ? ['--no-sandbox'] : [] })
mkdirSync(folder, { recursive: true })
for (const [name, query, hash, act, size] of VIEWS.filter(([name]) => wanted.length === 0 || wanted.some((part) => name.includes(part)))) {
  for (const theme of ['light', 'dark']) {
    for (const lang of ['en', 'fr']) {
      const page = await browser.newPage({ viewport: { ...WINDOW, ...size }, reducedMotion: 'reduce', locale: lang === 'fr' ? 'fr-FR' : 'en-GB' })
      page.on('pageerror', (error) => {
        console.error(`${name}: ${error}`)
        process.exitCode = 1
      })
      await page.goto(`http://localhost:5199/?lang=${lang}&theme=${theme}&${query}${hash}`)
      await page.waitForSelector('h1, [role=alert]')
      await act?.(page)
      await page.screenshot({ path: `${folder}${name}-${theme}-${lang}.png`, animations: 'disabled' })
      await page.close()
    }
  }
}
await browser.close()
await server.close()
