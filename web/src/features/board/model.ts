// The board as the server tells it, and pure questions about it.
import type { Id } from '@/api/client'
import { addDays } from '@/shared/dates'

export interface Ref {
  id: Id
  name: string | null
}

export interface Card {
  id: Id
  version: number
  number: string | null
  name: string
  amount_fen: number | null
  currency: string | null
  outcome: string
  node: string | null
  node_name: string | null
  due_at: string | null
  late: boolean
  used_percent?: number
  days?: number
  account: Ref | null
  grade: string | null
  sales: Ref | null
  technical: Ref | null
  csm: Ref | null
}

export interface Column {
  code: string
  key: string
  name: string
  count: number
  amount_fen: number
  weighted_fen: number
  late: number
  cards: Card[]
}

export interface Board {
  /** The stages, or the nodes of one stage. */
  columns: Column[]
  stages: { code: string; name: string }[]
}

/** The only stage a card may be moved to: the one after its own. */
export const nextStage = (board: Board, code: string): Board['stages'][number] | null => {
  const at = board.stages.findIndex((stage) => stage.code === code)
  return at < 0 ? null : (board.stages[at + 1] ?? null)
}

export const columnOf = (board: Board, id: Id): Column | null =>
  board.columns.find((column) => column.cards.some((card) => card.id === id)) ?? null

/** The board with a card in another column, at its head; totals follow, the weighted ones wait for the server. */
export function moveCard(board: Board, id: Id, to: string): Board {
  const from = columnOf(board, id)
  const card = from?.cards.find((one) => one.id === id)
  if (!from || !card || from.code === to) return board
  const amount = card.amount_fen ?? 0
  return {
    ...board,
    columns: board.columns.map((column) => {
      if (column === from)
        return {
          ...column,
          count: column.count - 1,
          amount_fen: column.amount_fen - amount,
          late: column.late - (card.late ? 1 : 0),
          cards: column.cards.filter((one) => one.id !== id),
        }
      if (column.code === to)
        return { ...column, count: column.count + 1, amount_fen: column.amount_fen + amount, cards: [card, ...column.cards] }
      return column
    }),
  }
}

/** How much of the time limit is used: calm, from 80 % amber, over the limit red. */
export const barTone = (card: Pick<Card, 'used_percent' | 'late'>): 'calm' | 'warning' | 'danger' =>
  card.late || (card.used_percent ?? 0) > 100 ? 'danger' : (card.used_percent ?? 0) >= 80 ? 'warning' : 'calm'

// -- the month

/** Weeks from Monday to Sunday that cover a month (yyyy-mm). */
export function monthGrid(month: string): string[][] {
  const first = `${month}-01`
  const weekday = (new Date(`${first}T00:00:00Z`).getUTCDay() + 6) % 7
  const weeks: string[][] = []
  let day = addDays(first, -weekday)
  do {
    const start = day
    weeks.push(Array.from({ length: 7 }, (_, i) => addDays(start, i)))
    day = addDays(start, 7)
  } while (day.slice(0, 7) === month)
  return weeks
}

export function shiftMonth(month: string, by: number): string {
  const [year = 0, number = 1] = month.split('-').map(Number)
  const index = year * 12 + number - 1 + by
  return `${String(Math.floor(index / 12)).padStart(4, '0')}-${String((index % 12) + 1).padStart(2, '0')}`
}
