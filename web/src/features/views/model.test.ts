import { describe, expect, it } from 'vitest'
import { changed, moved, queryOf, stateOf, type SavedView } from './model'

const view = (more: Partial<SavedView> = {}): SavedView => ({
  id: 7, version: 1, name: '本月', entity: 'lead', mine: true, can_update: true, can_delete: true, default_for: [],
  layout: 'list', filter: '{"status":{"eq":"new"}}', sort: '-created_at', columns: 'name:240,status', ...more,
})

describe('saved views', () => {
  it('puts everything into the address and nothing that is empty', () => {
    expect(queryOf(view())).toEqual({ v: '7', f: '{"status":{"eq":"new"}}', sort: '-created_at', cols: 'name:240,status' })
    expect(queryOf(view({ layout: 'node', sort: null, columns: null }))).toEqual({ v: '7', view: 'node', f: '{"status":{"eq":"new"}}' })
  })
  it('knows when a list differs from its view', () => {
    const now = stateOf(view())
    expect(changed(view(), now, 'list')).toBe(false)
    for (const key of ['f', 'q', 'sort', 'cols', 'group'] as const) expect(changed(view(), { ...now, [key]: 'x' }, 'list'), key).toBe(true)
    expect(changed(view({ sort: null, columns: null }), { ...now, sort: 'name', cols: 'name' }, 'list')).toBe(false)
    expect(changed(view(), now, 'board')).toBe(true)
  })
  it('moves a tab by one place and not beyond the ends', () => {
    expect(moved([1, 2, 3], 2, -1)).toEqual([2, 1, 3])
    expect(moved([1, 2, 3], 2, 1)).toEqual([1, 3, 2])
    expect(moved([1, 2, 3], 3, 1)).toBeNull()
  })
})
