import { describe, expect, it } from 'vitest'
import { monthsOf, span, whatHolds, type Layer } from './model'

const entry = (work: 'off' | 'half' | 'full', name = '') => ({ id: 1, version: 1, work, name })
const own: Layer = { weekend: ['6', '7'], days: new Map([['2026-10-01', entry('half', '自家')]]) }
const base: Layer = {
  weekend: ['5'],
  days: new Map([
    ['2026-10-01', entry('off', '国庆')],
    ['2026-10-02', entry('off', '国庆')],
    ['2026-10-10', entry('full', '调休')],
  ]),
}

describe('a year of a calendar', () => {
  it('takes its own days before those it rests on', () => {
    expect(whatHolds('2026-10-01', [own, base])).toMatchObject({ work: 'half', name: '自家', inherited: false })
    expect(whatHolds('2026-10-02', [own, base])).toMatchObject({ work: 'off', name: '国庆', inherited: true })
  })
  it('lets a make-up day win over the weekend, and takes its own weekend', () => {
    expect(whatHolds('2026-10-10', [own, base]).work).toBe('full')
    expect(whatHolds('2026-10-17', [own, base]).work).toBe('off')
    expect(whatHolds('2026-10-16', [own, base]).work).toBe('full')
  })
  it('has every day of the year once', () => {
    const days = monthsOf(2028).flatMap(({ weeks }) => weeks.flat().filter(Boolean))
    expect(days.length).toBe(366)
    expect(new Set(days).size).toBe(366)
  })
  it('spans days in either direction', () => {
    expect(span('2026-03-02', '2026-02-27')).toEqual(['2026-02-27', '2026-02-28', '2026-03-01', '2026-03-02'])
  })
})
