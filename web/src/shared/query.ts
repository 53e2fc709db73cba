// Server state lives in vue-query. These are the keys everybody uses, so that a live event or
// a save refreshes exactly what shows the record.
import { QueryClient } from '@tanstack/vue-query'
import { ApiError, clientId, type Id } from '@/api/client'
import { useLive } from './live'
import { useSession } from './session'

export const keys = {
  /** What waits for the person; any change of a record may be news of it. */
  work: ['work'] as const,
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
  void queryClient.invalidateQueries({ queryKey: keys.work })
}

const isId = (value: unknown): value is Id => typeof value === 'number' || typeof value === 'string'

/**
 * Refreshes what is on screen when somebody else changes it. Called once, by the app. A fact
 * about a node or a comment is also news of the opportunity and the account it hangs on. What
 * this page did itself it has refreshed already.
 */
export function useLiveQueries(): void {
  const session = useSession()
  const waiting = new Map<string, readonly [entity: string, id: Id]>()
  let timer = 0
  useLive((event) => {
    if (event['client_id'] === clientId) return
    waiting.set(`${event.entity}/${event.entity_id}`, [event.entity, event.entity_id])
    for (const entity of ['opportunity', 'account']) {
      const id = event[`${entity}_id`]
      if (isId(id)) waiting.set(`${entity}/${id}`, [entity, id])
    }
    // A bulk change sends thousands of events: gather them.
    timer ||= window.setTimeout(() => {
      timer = 0
      const plurals = new Set<string>()
      for (const [entity, id] of waiting.values()) {
        const plural = session.entity(entity)?.plural ?? entity
        plurals.add(plural)
        void queryClient.invalidateQueries({ queryKey: keys.record(plural, id) })
      }
      for (const plural of plurals)
        void queryClient.invalidateQueries({ queryKey: keys.lists(plural) })
      void queryClient.invalidateQueries({ queryKey: keys.work })
      waiting.clear()
    }, 600)
  })
}
