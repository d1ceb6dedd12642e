/** Shows the window light or dark: as chosen, else as the system is, followed live. Returns what stops that. */
export function followTheme(chosen: string | null, window: Window): () => void {
  const root = window.document.documentElement
  if (chosen === 'light' || chosen === 'dark') {
    root.dataset.theme = chosen
    return () => {}
  }
  const dark = window.matchMedia('(prefers-color-scheme: dark)')
  const follow = () => (root.dataset.theme = dark.matches ? 'dark' : 'light')
  dark.addEventListener('change', follow)
  follow()
  return () => dark.removeEventListener('change', follow)
}
