// A year of a working-day calendar: what holds on each day, and where that comes from.
import type { Rec } from '@/api/types'
import { addDays } from '@/shared/dates'
import { monthGrid } from '@/ui/form/calendar'

export const WORKS = ['full', 'half', 'off'] as const
export type Work = (typeof WORKS)[number]

export interface Entry {
  id: number
  version: number
  work: Work
  name: string
}
export interface Layer {
  weekend: readonly string[]
  days: ReadonlyMap<string, Entry>
}
export interface Known {
  work: Work
  name: string
  /** Said by a calendar that this one rests on. */
  inherited: boolean
  own: Entry | undefined
}

export const entryOf = (record: Rec): Entry => ({
  id: Number(record.id),
  version: Number(record.version),
  work: record['work'] as Work,
  name: String(record['name'] ?? ''),
})

const weekday = (date: string) => String(new Date(`${date}T00:00:00Z`).getUTCDay() || 7)

/** Own days first, then those of the calendars below, at last the weekend. */
export function whatHolds(date: string, layers: readonly Layer[]): Known {
  const own = layers[0]?.days.get(date)
  for (const [depth, layer] of layers.entries()) {
    const entry = layer.days.get(date)
    if (entry) return { work: entry.work, name: entry.name, inherited: depth > 0, own }
  }
  const work = layers[0]?.weekend.includes(weekday(date)) ? 'off' : 'full'
  return { work, name: '', inherited: false, own }
}

export const monthsOf = (year: number): { month: string; weeks: (string | null)[][] }[] =>
  Array.from({ length: 12 }, (_, index) => {
    const month = `${year}-${String(index + 1).padStart(2, '0')}`
    const days = monthGrid(month).map(({ date, inside }) => (inside ? date : null))
    return {
      month,
      weeks: Array.from({ length: 6 }, (_week, row) => days.slice(row * 7, row * 7 + 7)).filter((week) =>
        week.some(Boolean),
      ),
    }
  })

/** All days from one to the other, whichever is first. */
export function span(from: string, to: string): string[] {
  const [first, last] = from <= to ? [from, to] : [to, from]
  const days = []
  for (let day = first; day <= last && days.length < 400; day = addDays(day, 1)) days.push(day)
  return days
}
