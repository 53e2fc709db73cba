// Civil-date arithmetic of the calendar. Dates are yyyy-mm-dd text; no time zone is involved.

const pad = (n: number) => String(n).padStart(2, '0')

function valid(year: number, month: number, day: number): string | null {
  const at = new Date(Date.UTC(year, month - 1, day))
  if (year < 1900 || year > 2199 || at.getUTCMonth() !== month - 1 || at.getUTCDate() !== day) return null
  return `${year}-${pad(month)}-${pad(day)}`
}

/**
 * What people type: 2026-03-05, 2026/3/5, 2026年3月5日, 20260305, 3-5 (this year). Null when it
 * is no date.
 */
export function readDate(text: string, now: string): string | null {
  const clean = text.normalize('NFKC').trim()
  const parts = /^(\d{4})(\d{2})(\d{2})$/.exec(clean) ?? /^(?:(\d{4})\s*[-/.年]\s*)?(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?$/.exec(clean)
  if (!parts) return null
  return valid(Number(parts[1] ?? now.slice(0, 4)), Number(parts[2]), Number(parts[3]))
}

export interface Day {
  date: string
  day: number
  /** In the month shown, not of the weeks around it. */
  inside: boolean
}

/** Six weeks from the Monday on or before the first of the month "yyyy-mm". */
export function monthGrid(month: string): Day[] {
  const first = Date.parse(`${month}-01T00:00:00Z`)
  const weekday = (new Date(first).getUTCDay() + 6) % 7
  return Array.from({ length: 42 }, (_, index) => {
    const date = new Date(first + (index - weekday) * 86_400_000).toISOString().slice(0, 10)
    return { date, day: Number(date.slice(8)), inside: date.startsWith(month) }
  })
}

/** The same day in another month, or its last day when it is shorter. */
export function addMonths(date: string, months: number): string {
  const year = Number(date.slice(0, 4))
  const index = year * 12 + Number(date.slice(5, 7)) - 1 + months
  const y = Math.floor(index / 12)
  const m = (index % 12) + 1
  const last = new Date(Date.UTC(y, m, 0)).getUTCDate()
  return `${y}-${pad(m)}-${pad(Math.min(Number(date.slice(8)), last))}`
}
