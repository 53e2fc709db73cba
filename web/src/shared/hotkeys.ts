// Keys that work anywhere on a page. They rest while the person types or a dialog is open.
import { onScopeDispose } from 'vue'

export const isMac = /Mac|iPhone|iPad/.test(navigator.userAgent)
export const modKey = isMac ? '⌘' : 'Ctrl'

const typing = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))

const dialogOpen = (): boolean =>
  Array.from(document.querySelectorAll('[aria-modal="true"]')).some(
    (el) => el instanceof HTMLElement && el.offsetParent !== null,
  )

/** 'j', '?', 'mod+k'. A handler that returns false leaves the key to the browser. */
export function useHotkeys(
  map: Record<string, (event: KeyboardEvent) => unknown>,
  options: { inDialogs?: boolean } = {},
): void {
  const onKey = (event: KeyboardEvent) => {
    const mod = event.ctrlKey || event.metaKey
    const name = `${mod ? 'mod+' : ''}${event.key.length === 1 ? event.key.toLowerCase() : event.key}`
    const handler = map[name]
    if (!handler || event.altKey || event.isComposing || event.defaultPrevented) return
    if (!mod && (typing(event.target) || (!options.inDialogs && dialogOpen()))) return
    if (handler(event) !== false) event.preventDefault()
  }
  window.addEventListener('keydown', onKey)
  onScopeDispose(() => window.removeEventListener('keydown', onKey))
}
