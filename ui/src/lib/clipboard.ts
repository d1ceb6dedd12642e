/** Puts a text that is no secret on the clipboard. Tokens are copied by the engine and never come here. */
export async function copyText(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text)
  } catch {
    // Some webviews refuse the clipboard API; the old command still works from a click.
    copyBySelection(text)
  }
}

function copyBySelection(text: string): void {
  const before = document.activeElement
  const field = document.createElement('textarea')
  field.value = text
  field.className = 'heard'
  document.body.append(field)
  field.select()
  document.execCommand('copy')
  field.remove()
  if (before instanceof HTMLElement) before.focus()
}
