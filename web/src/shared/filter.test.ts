import { describe, expect, it } from 'vitest'
import { fromFilter, toFilter, type Condition } from './filter'

describe('filters', () => {
  const cases: Condition[][] = [
    [],
    [{ field: 'stage', op: 'in', value: ['a', 'b'] }],
    [
      { field: 'amount_fen', op: 'ge', value: 1 },
      { field: 'amount_fen', op: 'le', value: 9 },
      { field: 'name', op: 'contains', value: '华' },
    ],
    [
      { field: 'name', op: 'contains', value: '电' },
      { field: 'name', op: 'contains', value: '力' },
    ],
  ]
  it.each(cases)('survives the URL: %j', (...conditions) =>
    expect(fromFilter(toFilter(conditions))).toEqual(conditions),
  )
  it('leaves what chips cannot say alone', () => {
    expect(fromFilter('{"or":[{"a":{"eq":1}}]}')).toBeNull()
    expect(fromFilter('{"a":{"like":1}}')).toBeNull()
    expect(fromFilter('nonsense')).toBeNull()
  })
})
