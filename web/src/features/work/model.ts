// My work as the server tells it, and pure questions about it.
import type { Id } from '@/api/client'

export interface Ref {
  id: Id
  name: string | null
}

export type DueGroup = 'overdue' | 'today' | 'week' | 'later' | 'none'
export const GROUPS: readonly DueGroup[] = ['overdue', 'today', 'week', 'later', 'none']

export interface WorkItem {
  kind: 'node' | 'review' | 'exception' | 'task'
  id: Id
  version?: number
  code?: string
  title: string
  state?: string
  gate?: boolean
  rework?: number
  account: Ref | null
  opportunity: Ref | null
  missing?: { label: string; reason: string | null; href: string }[]
  verb: 'hand_in' | 'complete' | 'decide' | 'finish'
  due_at?: string | null
  due_group: DueGroup
  days_left?: number
  note?: string | null
  asked_by?: string | null
  on_behalf_of?: Ref | null
  adrift?: boolean
  asked_at?: string | null
  href: string
}

export interface Meeting {
  id: Id
  kind: string
  subject: string
  happened_at: string
  account: Ref | null
  place: string | null
}

export interface Notice {
  id: Id
  kind: string
  title: string
  body: string | null
  href: string | null
  created_at: string
}

export interface MyWork {
  items: WorkItem[]
  counts: { today: number; reviews: number; overdue: number }
  meetings: Meeting[]
  unread: Notice[]
}

export const keyOf = (item: WorkItem): string => `${item.kind} ${item.id}`

const time = (item: WorkItem): number => (item.due_at ? Date.parse(item.due_at) : Number.MAX_SAFE_INTEGER)

/** Only groups that have something, the most urgent first; within a group by due date, what others wait for first. */
export function grouped(items: readonly WorkItem[]): { group: DueGroup; items: WorkItem[] }[] {
  const waitsForMe = (item: WorkItem) => (item.kind === 'review' || item.kind === 'exception' ? 0 : 1)
  return GROUPS.map((group) => ({
    group,
    items: items
      .filter((item) => item.due_group === group)
      .sort((a, b) => time(a) - time(b) || waitsForMe(a) - waitsForMe(b)),
  })).filter((one) => one.items.length)
}

export type Kind = 'all' | 'today' | 'reviews' | 'overdue'

/** What a count on top stands for. */
export function isOf(item: WorkItem, kind: Kind): boolean {
  switch (kind) {
    case 'today':
      return item.due_group === 'today'
    case 'overdue':
      return item.due_group === 'overdue'
    case 'reviews':
      return item.kind === 'review' || item.kind === 'exception'
    default:
      return true
  }
}

/** What is missing, in one phrase: the first two by name, and how many in all. */
export function missingPhrase(item: WorkItem, words: { and: string; more: (all: number) => string }): string {
  const labels = (item.missing ?? []).map((one) => one.label)
  if (labels.length <= 2) return labels.join(words.and)
  return `${labels.slice(0, 2).join(words.and)}${words.more(labels.length)}`
}

/** Where a row's button leads: to the first missing thing, if something is missing. */
export const targetOf = (item: WorkItem): string => item.missing?.[0]?.href ?? item.href
