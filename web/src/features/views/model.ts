// A saved view and the address of a list that shows it.
import type { LocationQueryRaw } from 'vue-router'
import type { components } from '@/api/generated/openapi'

export type SavedView = components['schemas']['Views']['items'][number]

/** What a view keeps of a list or board; the words of the address. */
export interface ViewState {
  f: string
  q: string
  sort: string
  cols: string
  group: string
}

export const LAYOUTS = ['list', 'board', 'node', 'calendar'] as const
export type Layout = (typeof LAYOUTS)[number]

export const stateOf = (view: SavedView): ViewState => ({
  f: view.filter ?? '',
  q: view.q ?? '',
  sort: view.sort ?? '',
  cols: view.columns ?? '',
  group: view.group_by ?? '',
})

/** The address without what is empty. */
export function queryOf(view: SavedView): LocationQueryRaw {
  const layout = view.layout ?? 'list'
  const words = Object.entries(stateOf(view)).filter(([, value]) => value)
  return { v: String(view.id), ...(layout === 'node' || layout === 'calendar' ? { view: layout } : {}), ...Object.fromEntries(words) }
}

/** A view that says nothing of columns or sort leaves them as they are. */
export function changed(view: SavedView, now: ViewState, layout: Layout): boolean {
  const was = stateOf(view)
  const table = layout === 'list'
  return (
    (view.layout ?? 'list') !== layout ||
    was.f !== now.f ||
    was.q !== now.q ||
    (table && (was.group !== now.group || (was.sort !== '' && was.sort !== now.sort) || (was.cols !== '' && was.cols !== now.cols)))
  )
}

export const toFields = (now: ViewState, layout: Layout) => ({
  layout,
  filter: now.f || null,
  q: now.q || null,
  sort: now.sort || null,
  columns: now.cols || null,
  group_by: now.group || null,
})

/** The order after moving one a place to the left or right; null when it stands at the end. */
export function moved(ids: number[], id: number, step: -1 | 1): number[] | null {
  const at = ids.indexOf(id)
  const other = ids[at + step]
  if (at < 0 || other === undefined) return null
  const next = [...ids]
  next[at] = other
  next[at + step] = id
  return next
}
