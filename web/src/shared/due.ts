// How urgent something is, in working days as the server counted them.
import type { Tone } from '@/api/types'
import { t } from './i18n'

export interface Due {
  due_at?: string | null
  days_left?: number
  late?: boolean
}

export const isLate = ({ due_at, late }: Due, now = Date.now()): boolean =>
  late ?? (Boolean(due_at) && Date.parse(due_at ?? '') < now)

/** 超时 2 个工作日 · 今天到期 · 还剩 3 个工作日; nothing when there is no date. */
export function dueText(due: Due, now = Date.now()): string {
  if (!due.due_at) return ''
  const days = due.days_left ?? 0
  if (isLate(due, now)) return days < 0 ? t('due.late_n', {}, -days) : t('due.late_today')
  return days > 0 ? t('due.left_n', {}, days) : t('due.today')
}

export function dueTone(due: Due, now = Date.now()): Tone {
  if (!due.due_at) return 'neutral'
  if (isLate(due, now)) return 'danger'
  return (due.days_left ?? 9) <= 1 ? 'warning' : 'neutral'
}
