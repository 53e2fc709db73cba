// The views of one kind of record, and the one a list opens with.
import { useQuery } from '@tanstack/vue-query'
import type { Router } from 'vue-router'
import { api } from '@/api/client'
import type { components } from '@/api/generated/openapi'
import { queryClient } from '@/shared/query'
import { queryOf, type SavedView } from './model'

type Views = components['schemas']['Views']
const keyOf = (entity: string) => ['views', entity] as const
const load = (entity: string) => api.get<Views>('/my/views', { entity })

export const useViews = (entity: string) => useQuery({ queryKey: keyOf(entity), queryFn: () => load(entity) })
export const reloadViews = (entity: string) => queryClient.invalidateQueries({ queryKey: keyOf(entity) })

export const placeOf = (plural: string, view: SavedView) => ({
  path: (view.layout ?? 'list') === 'list' ? `/${plural}` : `/${plural}/board`,
  query: queryOf(view),
})

/** A list that was opened without any question shows the person's default view. */
export async function openDefault(router: Router, entity: string, plural: string): Promise<void> {
  const from = router.currentRoute.value
  if (Object.keys(from.query).length) return
  const views = await queryClient.fetchQuery({ queryKey: keyOf(entity), queryFn: () => load(entity), staleTime: 15_000 }).catch(() => null)
  const view = views?.items.find((one) => one.id === views.default)
  if (view && router.currentRoute.value === from) void router.replace(placeOf(plural, view))
}
