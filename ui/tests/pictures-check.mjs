// Says whether the pictures show the window as it is: `npm run pictures:check`.
import { fileURLToPath } from 'node:url'
import { pictureNames, stale } from './current.mjs'

const found = stale(fileURLToPath(new URL('../..', import.meta.url)))
if (found.length === 0) {
  console.log(`${pictureNames().length} pictures show the window as it is`)
} else {
  const most = 12
  const more = found.length > most ? [`and ${found.length - most} more`] : []
  console.error(['The pictures in docs/pictures are not of this window.', ...found.slice(0, most), ...more, 'Make them anew: npm run pictures (in ui)'].join('\n'))
  process.exitCode = 1
}
