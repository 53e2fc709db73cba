// Server state lives in vue-query. These are the keys everybody uses, so that a live event or
// a save refreshes exactly what shows the record.
import { QueryClient } from '@tanstack/vue-query'
import { ApiError, type Id } from '@/api/client'
import type { LiveEvent } from '@/api/types'
import { useLive } from './live'
import { useSession } from './session'

export const keys = {
  lists: (plural: string) => ['list', plural] as const,
  list: (plural: string, params: Record<string, unknown>) => ['list', plural, params] as const,
  record: (plural: string, id: Id) => ['record', plural, String(id)] as const,
  part: (plural: string, id: Id, part: string) => ['record', plural, String(id), part] as const,
}

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 15_000,
      refetchOnWindowFocus: true,
      // A refusal does not get better by asking again; a lost connection may.
      retry: (count, error) =>
        count < 2 && error instanceof ApiError && (error.status === 0 || error.status >= 502),
    },
    mutations: { retry: false },
  },
})

/** After a change of a record: its page, its parts and every list of its entity are stale. */
export function refresh(plural: string, id?: Id): void {
  void queryClient.invalidateQueries({ queryKey: keys.lists(plural) })
  if (id !== undefined) void queryClient.invalidateQueries({ queryKey: keys.record(plural, id) })
}

/** Refreshes what is on screen when somebody else changes it. Called once, by the app. */
export function useLiveQueries(): void {
  const session = useSession()
  const waiting = new Map<string, LiveEvent>()
  let timer = 0
  useLive((event) => {
    waiting.set(`${event.entity}/${event.entity_id}`, event)
    // A bulk change sends thousands of events: gather them.
    timer ||= window.setTimeout(() => {
      timer = 0
      const plurals = new Set<string>()
      for (const { entity, entity_id } of waiting.values()) {
        const plural = session.entity(entity)?.plural ?? entity
        plurals.add(plural)
        void queryClient.invalidateQueries({ queryKey: keys.record(plural, entity_id) })
      }
      for (const plural of plurals)
        void queryClient.invalidateQueries({ queryKey: keys.lists(plural) })
      waiting.clear()
    }, 600)
  })
}
