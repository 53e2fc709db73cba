// The records of the list or board somebody came from, in their order, for "previous" and "next"
// on the page of one of them. Kept for this tab.
import type { Id } from '@/api/client'

const keyOf = (plural: string) => `tripod.trail.${plural}`

export function setTrail(plural: string, ids: readonly Id[]): void {
  try {
    sessionStorage.setItem(keyOf(plural), ids.slice(0, 1000).join(','))
  } catch {
    /* a convenience only */
  }
}

export function neighbours(plural: string, id: Id): { previous: string | null; next: string | null; at: number; of: number } {
  let ids: string[] = []
  try {
    ids = (sessionStorage.getItem(keyOf(plural)) ?? '').split(',').filter(Boolean)
  } catch {
    /* see above */
  }
  const at = ids.indexOf(String(id))
  return at < 0
    ? { previous: null, next: null, at: 0, of: 0 }
    : { previous: ids[at - 1] ?? null, next: ids[at + 1] ?? null, at: at + 1, of: ids.length }
}
