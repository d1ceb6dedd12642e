// Every view of the window: its name, the fake engine's scene, the page, what is done there, what differs in size.

const toStep2 = (page) => page.getByRole('button', { name: /^Slack/ }).click()

const signIn = async (page) => {
  await page.getByRole('button', { name: /^OneFlex/ }).click()
  await page.getByRole('button', { name: /^(Sign in|Se connecter)$/ }).click()
  await page.waitForSelector('.panel')
}

const deliver = async (page) => {
  await signIn(page)
  await page.getByRole('button', { name: /^(Continue|Continuer)$/ }).click()
  await page.getByRole('radio').nth(1).check()
}

const openMenu = (page) => page.locator('[aria-haspopup=menu]').click()

const askLogout = async (page) => {
  await openMenu(page)
  await page.getByRole('menuitem').last().click()
}

const askRename = async (page) => {
  await openMenu(page)
  await page.getByRole('menuitem').first().click()
  await page.locator('dialog[open] input').fill('twitch')
  await page.locator('dialog[open] [type=submit]').click()
  await page.waitForSelector('dialog [role=alert]')
}

const addEnv = (page) => page.getByRole('button', { name: /^(Add|Ajouter) / }).click()

const openHistory = async (page) => {
  await page.locator('summary').click()
  await page.waitForSelector('tbody tr')
}

const WINDOW = { width: 880, height: 600 }
const TALL = { width: 880, height: 940 }
const SMALLEST = { width: 640, height: 480 }
const STAGES = ['opening', 'open', 'browser', 'device', 'fields', 'paste_address', 'proving', 'unsaved', 'failed', 'done']

export const VIEWS = [
  { name: 'account', hash: '#account=work-slack', size: TALL },
  { name: 'account-needs-you', hash: '#account=oneflex' },
  { name: 'account-waiting', hash: '#account=twitch' },
  { name: 'account-paused', hash: '#account=bank-api' },
  { name: 'account-working', scene: 'scene=working', hash: '#account=work-slack' },
  { name: 'account-menu', hash: '#account=work-slack', act: openMenu },
  { name: 'account-logout', hash: '#account=work-slack', act: askLogout },
  { name: 'account-lost-answer', scene: 'scene=lost-answer', hash: '#account=work-slack' },
  { name: 'account-blocked', scene: 'scene=blocked', hash: '#account=work-slack' },
  { name: 'account-rename-taken', scene: 'scene=taken', hash: '#account=work-slack', act: askRename },
  { name: 'account-add-env', hash: '#account=work-slack', act: addEnv, size: TALL },
  { name: 'account-history', hash: '#account=work-slack', act: openHistory, size: TALL },
  { name: 'account-smallest', hash: '#account=oneflex', size: SMALLEST },
  { name: 'locked', scene: 'scene=locked', hash: '#account=work-slack' },
  { name: 'no-notifications', scene: 'scene=silent', hash: '#account=work-slack' },
  { name: 'unreachable', scene: 'scene=unreachable', hash: '' },
  { name: 'reconnect', scene: 'scene=reconnect&stage=open', hash: '#account=oneflex' },
  { name: 'reconnect-wrong-person', scene: 'scene=reconnect&stage=wrong_person', hash: '#account=oneflex' },
  { name: 'empty', scene: 'scene=empty', hash: '' },
  { name: 'add-1-service', hash: '#add' },
  { name: 'add-1-unknown', hash: '#add', act: (page) => page.getByRole('searchbox').fill('https://intra.unknown.example/login') },
  { name: 'add-2-needs', hash: '#add', act: toStep2 },
  ...STAGES.map((stage) => ({ name: `add-3-${stage.replace('_', '-')}`, scene: `stage=${stage}`, hash: '#add', act: signIn })),
  { name: 'add-4-token', scene: 'stage=done', hash: '#add', act: deliver },
  { name: 'settings', hash: '#settings', size: { width: 880, height: 760 } },
].map((view) => ({ scene: '', act: null, size: WINDOW, ...view }))
