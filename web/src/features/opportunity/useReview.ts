// One review and its verbs. A verb answers with the review as it is then; everything that shows
// its opportunity is refreshed.
import { useQuery } from '@tanstack/vue-query'
import { computed, toValue, type MaybeRefOrGetter } from 'vue'
import { api, type Id } from '@/api/client'
import { keys, queryClient, refresh } from '@/shared/query'
import { useSave } from '@/shared/useRecord'
import type { ReviewBoxData } from './review'

const keyOf = (id: Id) => keys.part('reviews', id, 'box')

export function useReview(idOf: MaybeRefOrGetter<Id>) {
  const query = useQuery({
    queryKey: computed(() => keyOf(toValue(idOf))),
    queryFn: ({ signal }) => api.get<ReviewBoxData>(`/reviews/${toValue(idOf)}/box`, {}, signal),
  })
  const save = useSave()
  /** verb: approve, return, ask … (the last part of the route). */
  async function run(verb: string, body: Record<string, unknown>): Promise<ReviewBoxData | null> {
    const box = await save.run(() => api.post<ReviewBoxData>(`/reviews/${toValue(idOf)}/${verb}`, body))
    if (!box) return null
    queryClient.setQueryData(keyOf(box.id), box)
    refresh('reviews')
    for (const plural of ['nodes', 'outputs']) void queryClient.invalidateQueries({ queryKey: keys.lists(plural) })
    if (box.opportunity) refresh('opportunities', box.opportunity.id)
    return box
  }
  return { box: query.data, error: save.error, loadError: query.error, reload: () => query.refetch(), busy: save.busy, fields: save.fields, run }
}
