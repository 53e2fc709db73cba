import { describe, expect, it } from 'vitest'
import { addMonths, monthGrid, readDate } from './calendar'

describe('calendar', () => {
  it.each([
    ['2026-03-05', '2026-03-05'],
    ['2026/3/5', '2026-03-05'],
    ['2026年3月5日', '2026-03-05'],
    ['20260305', '2026-03-05'],
    ['3-5', '2026-03-05'],
    ['２０２６.３.５', '2026-03-05'],
    ['2024-02-29', '2024-02-29'],
  ])('reads %s', (text, date) => expect(readDate(text, '2026-11-23')).toBe(date))
  it.each(['', '2026-02-29', '2026-13-01', '31', 'morgen', '2026-3'])('refuses %j', (text) =>
    expect(readDate(text, '2026-11-23')).toBeNull(),
  )
  it('shows six weeks from a Monday', () => {
    const days = monthGrid('2026-11') // the first is a Sunday
    expect(days).toHaveLength(42)
    expect(days[0]).toEqual({ date: '2026-10-26', day: 26, inside: false })
    expect(days[6]).toEqual({ date: '2026-11-01', day: 1, inside: true })
  })
  it('keeps to the end of shorter months', () => {
    expect(addMonths('2026-01-31', 1)).toBe('2026-02-28')
    expect(addMonths('2026-01-15', -1)).toBe('2025-12-15')
  })
})
