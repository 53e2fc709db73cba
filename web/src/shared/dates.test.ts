import { beforeAll, describe, expect, it } from 'vitest'
import { addDays, endOfDay, formatTime, relativeDate, relativeTime, setZone, startOfDay, today } from './dates'

describe('dates', () => {
  const now = new Date('2026-03-05T06:30:00Z') // 14:30 in Shanghai
  beforeAll(() => setZone('Asia/Shanghai'))

  it('shows times in the zone', () => {
    expect(formatTime('2026-03-04T16:05:00Z')).toBe('2026-03-05 00:05')
    expect(today(new Date('2026-03-04T16:05:00Z'))).toBe('2026-03-05')
  })
  it('is relative near and absolute far', () => {
    expect(relativeTime('2026-03-05T06:27:00Z', now)).toBe('3分钟前')
    expect(relativeTime('2026-03-04T08:02:00Z', now)).toBe('昨天 16:02')
    expect(relativeTime('2026-01-15T01:00:00Z', now)).toBe('01-15 09:00')
    expect(relativeTime('2025-12-30T01:00:00Z', now)).toBe('2025-12-30')
    expect(relativeDate('2026-03-06', now)).toBe('明天')
    expect(relativeDate('2026-06-06', now)).toBe('2026-06-06')
  })
  it('knows where a day begins and ends', () => {
    expect(startOfDay('2026-03-05')).toBe('2026-03-04T16:00:00.000Z')
    expect(endOfDay('2026-03-05')).toBe('2026-03-05T15:59:59.999Z')
    setZone('America/New_York')
    expect(startOfDay('2026-03-09')).toBe('2026-03-09T04:00:00.000Z')
    setZone('Asia/Shanghai')
  })
  it('adds days across months', () => expect(addDays('2026-02-27', 3)).toBe('2026-03-02'))
})
