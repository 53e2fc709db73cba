import { describe, expect, it } from 'vitest'
import { barTone, monthGrid, moveCard, nextStage, shiftMonth, type Board, type Card } from './model'

const card = (id: number, amount: number | null, late = false): Card => ({
  id, version: 1, number: null, name: `机会 ${id}`, amount_fen: amount, currency: 'CNY', outcome: 'open', node: '1.1',
  node_name: '', due_at: null, late, account: null, grade: null, sales: null, technical: null, csm: null,
})
const board = (): Board => ({
  columns: [
    { code: '1', key: 'a', name: '一', count: 2, amount_fen: 500, weighted_fen: 100, late: 1, cards: [card(1, 300, true), card(2, 200)] },
    { code: '2', key: 'b', name: '二', count: 0, amount_fen: 0, weighted_fen: 0, late: 0, cards: [] },
  ],
  stages: [
    { code: '1', name: '一' },
    { code: '2', name: '二' },
  ],
})

describe('moveCard', () => {
  it('takes the card, its amount and its lateness along', () => {
    const [one, two] = moveCard(board(), 1, '2').columns
    expect([one?.count, one?.amount_fen, one?.late, one?.cards.length]).toEqual([1, 200, 0, 1])
    expect([two?.count, two?.amount_fen, two?.cards[0]?.id]).toEqual([1, 300, 1])
  })
  it('leaves the board it was given alone', () => {
    const before = board()
    moveCard(before, 1, '2')
    expect(before).toEqual(board())
  })
  it('does nothing for a card that is not there or stays', () => {
    const before = board()
    expect(moveCard(before, 9, '2')).toBe(before)
    expect(moveCard(before, 1, '1')).toBe(before)
  })
})

it('takes the card away when the stage it goes to is not shown', () => {
  const [one, two] = moveCard({ ...board(), stages: [...board().stages, { code: '3', name: '三' }] }, 1, '3').columns
  expect([one?.count, two?.count]).toEqual([1, 0])
})

it('knows the next stage only', () => {
  expect(nextStage(board(), '1')?.code).toBe('2')
  expect(nextStage(board(), '2')).toBeNull()
  expect(nextStage(board(), '7')).toBeNull()
})

it('colours the time limit', () => {
  expect(barTone({ used_percent: 79, late: false })).toBe('calm')
  expect(barTone({ used_percent: 80, late: false })).toBe('warning')
  expect(barTone({ used_percent: 101, late: false })).toBe('danger')
  expect(barTone({ late: true })).toBe('danger')
})

describe('the month', () => {
  it('begins on a Monday and covers every day', () => {
    const weeks = monthGrid('2026-03')
    expect(weeks[0]?.[0]).toBe('2026-02-23')
    expect(weeks.flat()).toContain('2026-03-31')
    expect(weeks.every((week) => week.length === 7)).toBe(true)
  })
  it('has four weeks when February fits', () => expect(monthGrid('2027-02')).toHaveLength(4))
  it('turns the year', () => {
    expect(shiftMonth('2026-12', 1)).toBe('2027-01')
    expect(shiftMonth('2026-01', -1)).toBe('2025-12')
  })
})
