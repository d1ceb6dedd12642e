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

function cutOff() {
  return ['main', 'nav'].flatMap((name) => {
    const box = document.querySelector(name)
    return box.scrollWidth > box.clientWidth ? [`${name} is ${box.scrollWidth - box.clientWidth} px too wide`] : []
  })
}
