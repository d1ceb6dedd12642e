// What must hold of every view that is shown: M8 as far as a machine can tell.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** What is wrong with the page as it stands: WCAG 2.2 AA by axe, targets of 32 px, nothing cut off at the side. */
export async function faults(page) {
  await page.evaluate(axe)
  const wcag = await page.evaluate(async () => {
    const { violations } = await window.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })
    return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html.slice(0, 160)}`))
  })
  return [...wcag, ...(await page.evaluate(smallTargets)), ...(await page.evaluate(cutOff))]
}

function smallTargets() {
  const LEAST = 32
  const visible = Array.from(document.querySelectorAll('button, a, input, select, summary')).filter((one) => one.checkVisibility())
  return visible
    // A check or radio box is pressed by its label as well.
    .map((one) => (one.matches('[type=checkbox], [type=radio]') ? one.closest('label') : one))
    .filter((one) => one.getBoundingClientRect().height < LEAST || one.getBoundingClientRect().width < LEAST)
    .map((one) => `smaller than ${LEAST} px: ${one.outerHTML.slice(0, 160)}`)
}

/** Whether Tab reaches everything that can be used, and shows where it is. */
export async function keyboardFaults(page) {
  const count = await page.evaluate(() => {
    const scope = document.querySelector('dialog[open]') ?? document.body
    const all = Array.from(scope.querySelectorAll('button:not([tabindex="-1"]), a[href], input, select, summary'))
    window.unreached = new Set(all.filter((one) => one.checkVisibility() && !one.disabled && !(one.type === 'radio' && !one.checked)))
    return window.unreached.size
  })
  const unseen = []
  // Twice around, because the focus may begin anywhere, and leaves the page once in between.
  for (let press = 0; press < 2 * count + 4; press++) {
    await page.keyboard.press('Tab')
    const fault = await page.evaluate(() => {
      const here = document.activeElement
      if (!window.unreached.delete(here)) return null
      return getComputedStyle(here).outlineStyle === 'none' ? here.outerHTML.slice(0, 160) : null
    })
    if (fault) unseen.push(`focus cannot be seen: ${fault}`)
  }
  const missed = await page.evaluate(() => Array.from(window.unreached, (one) => one.outerHTML.slice(0, 160)))
  return [...unseen, ...missed.map((one) => `Tab does not reach: ${one}`)]
}

function cutOff() {
  return ['main', 'nav'].flatMap((name) => {
    const box = document.querySelector(name)
    return box.scrollWidth > box.clientWidth ? [`${name} is ${box.scrollWidth - box.clientWidth} px too wide`] : []
  })
}
