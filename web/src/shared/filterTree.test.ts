import { describe, expect, it } from 'vitest'
import { bothOf, toText, toTree } from './filterTree'

const same = (text: string) => expect(JSON.parse(toText(toTree(text) ?? { joint: 'and', not: false, items: [] })), text).toEqual(JSON.parse(text))

describe('filter tree', () => {
  it('gives back what it read', () => {
    same('{"grade":{"eq":"A"}}')
    same('{"or":[{"grade":{"eq":"A"}},{"and":[{"name":{"contains":"x"}},{"not":{"revenue_fen":{"lt":5}}}]}]}')
    same('{"not":{"or":[{"grade":{"in":["A","B"]}},{"owner_id":{"is_null":true}}]}}')
    same('{"and":[{"or":[{"a":{"eq":1}},{"b":{"eq":2}}]},{"or":[{"c":{"eq":3}},{"d":{"eq":4}}]}]}')
  })
  it('joins the members of one object by and', () => {
    expect(toTree('{"a":{"ge":1,"le":2},"b":3}')).toEqual({
      joint: 'and', not: false,
      items: [{ field: 'a', op: 'ge', value: 1 }, { field: 'a', op: 'le', value: 2 }, { field: 'b', op: 'eq', value: 3 }],
    })
    expect(toTree('{"or":[{"a":1,"b":2},{"c":3}]}')?.items).toHaveLength(2)
  })
  it('leaves out groups without conditions', () => {
    expect(toText({ joint: 'or', not: true, items: [{ joint: 'and', not: false, items: [] }] })).toBe('')
  })
  it('refuses what is no filter', () => {
    for (const bad of ['{', '[]', '{"and":1}', '{"a":{"like":1}}', '{"or":[1]}']) expect(toTree(bad), bad).toBeNull()
  })
  it('joins two filters', () => {
    expect(bothOf('{"a":1}', '')).toBe('{"a":1}')
    expect(bothOf('{"a":1}', '{"b":2}')).toBe('{"and":[{"a":1},{"b":2}]}')
  })
})
