// A review as the server tells it (docs/reviews.md), and pure questions about it.
import type { Id } from '@/api/client'
import type { Tone } from '@/api/types'
import { t } from './messages'
import type { Person } from './model'

export type SeatState = 'waiting' | 'pending' | 'approved' | 'returned' | 'moot'

export interface ReviewSeat {
  no: number
  step: number
  place: 'root' | 'before' | 'after'
  anchor: number
  title: string
  hint: string | null
  role: string | null
  user: Person | null
  state: SeatState
  parts: string[]
  text: string | null
  decided_at: string | null
  decided_by: Person | null
  on_behalf_of: Person | null
  carried: number | null
  mine: boolean
  blocked: boolean
  deciders: { id: Id; name: string | null; on_behalf_of: Person | null; absent: boolean }[]
  adrift: boolean
}

export interface ReviewPart {
  key: string
  label: string | null
  hash: string | null
  text: string | null
  attachment_id: Id | null
  href: string | null
  changed: boolean
}

export interface ReviewBoxData {
  id: Id
  round: number
  state: 'open' | 'approved' | 'returned' | 'withdrawn' | 'superseded'
  title: string
  asked_by: Person | null
  asked_at: string
  opportunity: Person | null
  parts: ReviewPart[]
  seats: ReviewSeat[]
  rounds: { id: Id; round: number; state: string; returned_text: string | null }[]
  can: Partial<Record<'approve' | 'return' | 'add' | 'hand_over' | 'opinion' | 'copy' | 'urge' | 'resolve' | 'withdraw' | 'ask', boolean>>
}

export const seatTone = (seat: ReviewSeat): Tone =>
  seat.state === 'approved' ? 'success' : seat.state === 'returned' ? 'danger' : seat.state === 'pending' ? 'warning' : 'neutral'

/** Who decided: both names when it was a substitute. */
export function decidedText(seat: ReviewSeat): string {
  if (!seat.decided_by) return ''
  const who = seat.decided_by.name ?? ''
  return seat.on_behalf_of ? t('opportunity.on_behalf', { who, of: seat.on_behalf_of.name ?? '' }) : who
}
