// Looks at the window's page as a person does: what is there to read, to press and to fill in, and where the keyboard
// is. The body of a function; the first argument says what is asked.
const [asked, name] = arguments

const plain = (text) => text.replace(/\s+/g, ' ').trim()
const isShown = (one) => one.checkVisibility({ visibilityProperty: true }) && one.getBoundingClientRect().width > 0
const named = (one) => plain(one.getAttribute('aria-label') ?? one.innerText ?? '')
// Behind an open dialog nothing can be pressed.
const scope = document.querySelector('dialog[open]') ?? document.body
const all = (selector) => Array.from(scope.querySelectorAll(selector)).filter(isShown)

/** The one that is called so; else the first whose name has it in it. */
const best = (found) => found.find((one) => named(one) === name) ?? found.find((one) => named(one).includes(name)) ?? null

const ways = {
  text: () => plain(document.body.innerText),
  pressable: () => best(all('button, a[href], summary, label:has(input[type=checkbox], input[type=radio])').filter((one) => !one.disabled)),
  field: () => {
    const label = best(all('label[for]'))
    return label && document.getElementById(label.htmlFor)
  },
  option: () => Array.from(scope.querySelectorAll('option')).find((one) => one.label === name) ?? null,
  focus: () => {
    const here = document.activeElement
    const label = here.labels?.[0]
    const style = getComputedStyle(here)
    const rings = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 1
    return { on: here === document.body ? '' : named(label ?? here), kind: here.localName, is_seen: rings || here.localName === 'h1', value: here.value ?? '' }
  },
  theme: () => getComputedStyle(document.documentElement).colorScheme,
  language: () => document.documentElement.lang,
  narrow: () => {
    const LEAST = 32
    const controls = all('button, a, input, select, summary').map((one) => (one.matches('[type=checkbox], [type=radio]') ? one.closest('label') : one))
    const small = controls.filter((one) => one.getBoundingClientRect().height < LEAST || one.getBoundingClientRect().width < LEAST)
    const wide = all('main, nav').filter((one) => one.scrollWidth > one.clientWidth)
    return [...small.map((one) => `smaller than ${LEAST} px: ${one.outerHTML}`), ...wide.map((one) => `too wide: ${one.localName}`)]
  },
}
return ways[asked]()
