// Times arrive as RFC 3339 UTC and are shown in the person's zone; dates are plain yyyy-mm-dd
// and never pass through a zone.
import { lang } from './i18n'

// A formatter is costly to make: one is kept, not one made for each time that is shown.
const formatIn = (timeZone: string): Intl.DateTimeFormat =>
  new Intl.DateTimeFormat('en-CA', {
    timeZone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  })
let inZone = formatIn('Asia/Shanghai')
export const setZone = (next: string): void => {
  try {
    inZone = formatIn(next)
  } catch {
    /* an unknown zone keeps the default */
  }
}

interface Parts {
  date: string
  time: string
}

function parts(at: Date): Parts {
  const found = Object.fromEntries(inZone.formatToParts(at).map((part) => [part.type, part.value]))
  return {
    date: `${found['year']}-${found['month']}-${found['day']}`,
    time: `${found['hour']}:${found['minute']}`,
  }
}

/** 2026-03-05 14:30 */
export function formatTime(iso: string): string {
  const { date, time } = parts(new Date(iso))
  return `${date} ${time}`
}

/** Today's civil date in the person's zone. */
export const today = (now = new Date()): string => parts(now).date

const dayNumber = (date: string): number => Math.floor(Date.parse(`${date}T00:00:00Z`) / 86_400_000)

export const daysBetween = (from: string, to: string): number => dayNumber(to) - dayNumber(from)

export function addDays(date: string, days: number): string {
  return new Date((dayNumber(date) + days) * 86_400_000).toISOString().slice(0, 10)
}

const relatively = new Map<string, Intl.RelativeTimeFormat>()
function relative(value: number, unit: Intl.RelativeTimeFormatUnit): string {
  const here = relatively.get(lang()) ?? new Intl.RelativeTimeFormat(lang(), { numeric: 'auto' })
  relatively.set(lang(), here)
  return here.format(value, unit)
}

/** 3 分钟前 · 今天 09:12 · 昨天 16:02 · 03-05 14:30 · 2025-12-30 */
export function relativeTime(iso: string, now = new Date()): string {
  const at = new Date(iso)
  const seconds = (at.getTime() - now.getTime()) / 1000
  if (Math.abs(seconds) < 60) return relative(0, 'second')
  if (Math.abs(seconds) < 3600) return relative(Math.trunc(seconds / 60), 'minute')
  const here = parts(at)
  const days = daysBetween(parts(now).date, here.date)
  if (Math.abs(days) <= 1) return `${relative(days, 'day')} ${here.time}`
  if (here.date.slice(0, 4) === parts(now).date.slice(0, 4))
    return `${here.date.slice(5)} ${here.time}`
  return here.date
}

/** 今天 · 明天 · 3天后 · 2天前, and the date itself beyond a fortnight. */
export function relativeDate(date: string, now = new Date()): string {
  const days = daysBetween(today(now), date)
  return Math.abs(days) <= 14 ? relative(days, 'day') : date
}

/** The moment a civil day begins in the person's zone, as RFC 3339 UTC. */
export function startOfDay(date: string): string {
  const wanted = Date.parse(`${date}T00:00:00Z`)
  let moment = wanted
  // Twice, because the offset found first may belong to the other side of a clock change.
  for (let round = 0; round < 2; round++) {
    const shown = parts(new Date(moment))
    moment += wanted - Date.parse(`${shown.date}T${shown.time}:00Z`)
  }
  return new Date(moment).toISOString()
}

/** The last moment of a civil day. */
export const endOfDay = (date: string): string =>
  new Date(Date.parse(startOfDay(addDays(date, 1))) - 1).toISOString()
