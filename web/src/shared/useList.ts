// A list of one entity: filters, search, sort and columns, kept in the URL when the list is a
// page of its own (so that any view can be sent to a colleague), and the pages loaded so far.
import { keepPreviousData, useInfiniteQuery } from '@tanstack/vue-query'
import { computed, ref, toValue, type MaybeRefOrGetter } from 'vue'
import { useRoute, useRouter } from 'vue-router'
import { api } from '@/api/client'
import type { EntityMeta, FieldMeta, Page } from '@/api/types'
import { fromFilter, toFilter, type Condition } from './filter'
import { keys } from './query'
import { recall, remember } from './i18n'

export interface ListOptions {
  /** Keep the state in the URL (a list page) or not (a list inside another page). */
  inUrl?: boolean
  /** Conditions that always hold and show no chip, such as account_id of the page. */
  fixed?: MaybeRefOrGetter<Condition[]>
  defaultSort?: string
  limit?: number
  enabled?: MaybeRefOrGetter<boolean>
  /** What another list is asked, for the part of it that this one shows. */
  words?: MaybeRefOrGetter<Partial<Record<Word, string>>>
}

type Word = 'f' | 'q' | 'sort' | 'cols' | 'group'

/** As many as the server expands in one answer. */
export const EXPAND_MAX = 8

/** reference field → name of its expansion: owner_id → owner */
export const expansionOf = (field: FieldMeta): string => field.name.replace(/_id$/, '')

export function defaultColumns(entity: EntityMeta): string[] {
  const found = entity.fields.filter((field) => field.in_list).map((field) => field.name)
  const first = [...(found.includes('number') ? ['number'] : []), entity.title_field]
  return [...first, ...found.filter((name) => !first.includes(name))]
}

export function useList(
  entityOf: MaybeRefOrGetter<EntityMeta>,
  { inUrl = true, fixed = [], defaultSort = '-created_at', limit = 50, enabled = true, words }: ListOptions = {},
) {
  const route = useRoute()
  const router = useRouter()
  const entity = computed(() => toValue(entityOf))
  const local = ref<Partial<Record<Word, string>>>({})

  const read = (word: Word): string => {
    const value = inUrl ? route.query[word] : (local.value[word] ?? toValue(words)?.[word])
    return typeof value === 'string' ? value : ''
  }
  function write(changes: Partial<Record<Word, string>>): void {
    if (!inUrl) {
      local.value = { ...local.value, ...changes }
      return
    }
    const kept = Object.entries({ ...route.query, ...changes }).filter(([, value]) => value)
    void router.replace({ query: Object.fromEntries(kept) })
  }

  const filterText = computed(() => read('f'))
  const conditions = computed<Condition[] | null>(() => fromFilter(filterText.value))
  const q = computed(() => read('q'))
  const sort = computed(() => read('sort') || defaultSort)

  const storageKey = computed(() => `tripod.columns.${entity.value.plural}`)
  const stored = ref(0) // bumps when the remembered columns change
  /** "name:240,owner_id": the columns in order, with the widths somebody gave them. */
  const chosen = computed(() => {
    void stored.value
    const parts = (read('cols') || recall(storageKey.value) || '').split(',').map((part) => part.split(':'))
    const known = parts.filter(([name]) => entity.value.fields.some((f) => f.name === name))
    return known.length ? known : defaultColumns(entity.value).map((name) => [name])
  })
  const columnNames = computed<string[]>(() => chosen.value.map(([name = '']) => name))
  const widths = computed<Record<string, number>>(() =>
    Object.fromEntries(chosen.value.flatMap(([name = '', width]) => (Number(width) > 0 ? [[name, Number(width)]] : []))),
  )
  const columns = computed(() =>
    columnNames.value.flatMap((name) => entity.value.fields.filter((f) => f.name === name)),
  )
  const textOf = (names: string[], sizes: Record<string, number>) =>
    names.map((name) => (sizes[name] ? `${name}:${sizes[name]}` : name)).join(',')
  const columnsText = computed(() => textOf(columnNames.value, widths.value))
  function keepColumns(text: string): void {
    remember(storageKey.value, text)
    stored.value++
    write({ cols: text === defaultColumns(entity.value).join() ? '' : text })
  }
  const setColumns = (names: string[]): void => keepColumns(textOf(names, widths.value))
  const setWidth = (name: string, width: number): void =>
    keepColumns(textOf(columnNames.value, { ...widths.value, [name]: width }))

  const filter = computed(() => {
    const always = toValue(fixed)
    if (!always.length) return filterText.value
    if (!filterText.value) return toFilter(always)
    const chips = conditions.value
    return chips
      ? toFilter([...always, ...chips])
      : `{"and":[${toFilter(always)},${filterText.value}]}`
  })
  const params = computed(() => ({
    filter: filter.value,
    sort: sort.value,
    q: q.value,
    expand: columns.value
      .filter((field) => field.type === 'ref')
      .map(expansionOf)
      .slice(0, EXPAND_MAX)
      .join(','),
    limit,
  }))

  const query = useInfiniteQuery({
    queryKey: computed(() => keys.list(entity.value.plural, params.value)),
    queryFn: ({ pageParam, signal }) =>
      api.get<Page>(
        `/${entity.value.plural}`,
        { ...params.value, cursor: pageParam, ...(pageParam ? {} : { count: 'exact' }) },
        signal,
      ),
    initialPageParam: '',
    getNextPageParam: (page: Page) => page.next ?? undefined,
    placeholderData: keepPreviousData,
    enabled: computed(() => toValue(enabled)),
  })

  return {
    entity,
    conditions,
    filterText,
    filter,
    q,
    sort,
    columns,
    columnNames,
    columnsText,
    widths,
    setColumns,
    setWidth,
    /** Field the rows are grouped by, with a unit for dates; '' for none. */
    group: computed(() => read('group')),
    setGroup: (next: string) => write({ group: next }),
    setFilter: (next: string) => write({ f: next }),
    setConditions: (next: Condition[]) => write({ f: toFilter(next) }),
    setQ: (next: string) => write({ q: next.trim() }),
    /** Ascending, descending, default: what clicking a head does. */
    toggleSort(name: string): void {
      const next = sort.value === name ? `-${name}` : sort.value === `-${name}` ? '' : name
      write({ sort: next })
    },
    clear: () => write({ f: '', q: '' }),
    filtered: computed(() => Boolean(filterText.value || q.value)),
    items: computed(() => query.data.value?.pages.flatMap((page) => page.items) ?? []),
    total: computed(() => query.data.value?.pages[0]?.total),
    loading: query.isPending,
    refreshing: query.isFetching,
    error: query.error,
    hasMore: query.hasNextPage,
    loadMore: () => {
      if (query.hasNextPage.value && !query.isFetchingNextPage.value) void query.fetchNextPage()
    },
    reload: () => query.refetch(),
  }
}

export type List = ReturnType<typeof useList>
