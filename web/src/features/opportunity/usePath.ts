// The path of one opportunity, and its verbs. A verb answers with the new path, which is put in
// place at once; everything else that shows the opportunity is refreshed.
import { useQuery } from '@tanstack/vue-query'
import { computed, toValue, type MaybeRefOrGetter } from 'vue'
import type { Id } from '@/api/client'
import { keys, queryClient, refresh } from '@/shared/query'
import { useSave } from '@/shared/useRecord'
import { loadPath } from './api'
import type { Missing, Path } from './model'

const keyOf = (id: Id) => keys.part('opportunities', id, 'path')

export function usePath(idOf: MaybeRefOrGetter<Id>) {
  const query = useQuery({
    queryKey: computed(() => keyOf(toValue(idOf))),
    queryFn: ({ signal }) => loadPath(toValue(idOf), signal),
  })
  return { path: query.data, loading: query.isPending, error: query.error, reload: () => query.refetch() }
}

/** After a verb: the answer is the new path. */
export function pathChanged(path: Path): void {
  queryClient.setQueryData(keyOf(path.opportunity_id), path)
  void queryClient.invalidateQueries({
    queryKey: keys.record('opportunities', path.opportunity_id),
    predicate: (query) => query.queryKey[3] !== 'path',
  })
  refresh('opportunities')
  for (const plural of ['reviews', 'outputs', 'nodes', 'exceptions'])
    void queryClient.invalidateQueries({ queryKey: keys.lists(plural) })
}

const isList = (value: unknown): value is Missing[] => Array.isArray(value)

/** Runs verbs with one place for their state; a refused gate leaves its list in `missing`. */
export function useVerb() {
  const save = useSave()
  const missing = computed<Missing[]>(() => {
    const found = save.error.value?.problem['missing']
    return save.error.value?.code === 'gate_incomplete' && isList(found) ? found : []
  })
  async function run(act: () => Promise<Path>): Promise<Path | null> {
    const path = await save.run(act)
    if (path) pathChanged(path)
    return path
  }
  return { busy: save.busy, error: save.error, fields: save.fields, missing, run }
}
