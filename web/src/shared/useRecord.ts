// One record: load it with its references, save changes under its version, delete, restore.
import { useQuery } from '@tanstack/vue-query'
import { computed, ref, toValue, type MaybeRefOrGetter } from 'vue'
import { api, ApiError, type Id } from '@/api/client'
import type { EntityMeta, Rec } from '@/api/types'
import { keys, queryClient, refresh } from './query'
import { EXPAND_MAX, expansionOf } from './useList'

export const expandAll = (entity: EntityMeta): string =>
  entity.fields
    .filter((field) => field.type === 'ref')
    .map(expansionOf)
    .slice(0, EXPAND_MAX)
    .join(',')

export function useRecord(
  entityOf: MaybeRefOrGetter<EntityMeta>,
  idOf: MaybeRefOrGetter<Id | null>,
) {
  const entity = computed(() => toValue(entityOf))
  const id = computed(() => toValue(idOf))
  const query = useQuery({
    queryKey: computed(() => keys.record(entity.value.plural, id.value ?? '')),
    queryFn: ({ signal }) =>
      api.get<Rec>(
        `/${entity.value.plural}/${id.value}`,
        { expand: expandAll(entity.value) },
        signal,
      ),
    enabled: computed(() => id.value !== null),
  })
  return {
    record: query.data,
    loading: query.isPending,
    error: query.error,
    reload: () => query.refetch(),
  }
}

/**
 * Saving with one place for its state: `busy`, the error as a whole, and the field errors by
 * name. `run` returns null when the server refused; the error is then in `error`.
 */
export function useSave() {
  const busy = ref(false)
  const error = ref<ApiError | null>(null)
  const fields = computed<Record<string, string>>(() =>
    Object.fromEntries((error.value?.fields ?? []).map((e) => [e.field, e.message])),
  )
  async function run<T>(act: () => Promise<T>): Promise<T | null> {
    if (busy.value) return null
    busy.value = true
    error.value = null
    try {
      return await act()
    } catch (cause) {
      if (!(cause instanceof ApiError)) throw cause
      error.value = cause
      return null
    } finally {
      busy.value = false
    }
  }
  return { busy, error, fields, run }
}

export async function createRecord(entity: EntityMeta, values: object): Promise<Rec> {
  const made = await api.post<Rec>(`/${entity.plural}`, values)
  refresh(entity.plural)
  return made
}

export async function updateRecord(
  entity: EntityMeta,
  record: Pick<Rec, 'id' | 'version'>,
  changes: object,
): Promise<Rec> {
  const saved = await api.patch<Rec>(`/${entity.plural}/${record.id}`, changes, record.version)
  refresh(entity.plural, record.id)
  return saved
}

export async function deleteRecord(entity: EntityMeta, id: Id): Promise<void> {
  await api.delete(`/${entity.plural}/${id}`)
  refresh(entity.plural)
  void queryClient.invalidateQueries({ queryKey: ['trash'] })
}

export async function restoreRecord(plural: string, id: Id): Promise<void> {
  await api.post(`/${plural}/${id}/restore`)
  refresh(plural, id)
  void queryClient.invalidateQueries({ queryKey: ['trash'] })
}
