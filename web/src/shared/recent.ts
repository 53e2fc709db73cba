// The records opened last in this browser, for the palette.
import { watchEffect } from 'vue'
import { recall, remember } from './i18n'

export interface Recent {
  href: string
  title: string
  entity: string
}
const KEY = 'tripod.recent'

export function recent(): Recent[] {
  try {
    const list: unknown = JSON.parse(recall(KEY) ?? '[]')
    return Array.isArray(list) ? list : []
  } catch {
    return []
  }
}

/** Remembers what `of` returns whenever it changes. */
export function remembered(of: () => Recent | null): void {
  watchEffect(() => {
    const now = of()
    if (now) remember(KEY, JSON.stringify([now, ...recent().filter((r) => r.href !== now.href)].slice(0, 8)))
  })
}
