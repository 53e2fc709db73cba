// The signed-in person, what they may do, and which entities exist. The only server data
// kept in a store; everything else is loaded by the page that shows it.
import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import { ApiError, configureClient } from '@/api/client'
import { answer, server } from '@/api/server'
import type { EntityAct, EntityMeta, FieldMeta, Me, RoleMeta } from '@/api/types'
import { withSystemFields } from './fields'
import { lang, setLang, t, toLang, type Lang } from './i18n'
import { setTheme, type Theme } from './theme'

/** Log-in is a page of the server; it brings the person back to where they were. */
export function goToLogin(): void {
  location.assign(`/login?next=${encodeURIComponent(location.pathname + location.search)}`)
}

export const useSession = defineStore('session', () => {
  const me = shallowRef<Me | null>(null)
  const meta = shallowRef<{ entities: EntityMeta[]; roles: RoleMeta[] }>({ entities: [], roles: [] })
  const ready = ref(false)

  const byName = computed(() => new Map(meta.value.entities.map((e) => [e.name, e])))
  const byPlural = computed(() => new Map(meta.value.entities.map((e) => [e.plural, e])))
  const user = computed(() => me.value?.user ?? null)

  async function load(): Promise<void> {
    configureClient({ onSignedOut: goToLogin })
    const [who, what] = await Promise.all([
      answer(server.GET('/api/v1/me')),
      // Until a first password is changed the server answers nothing else.
      answer(server.GET('/api/v1/meta')).catch((error: unknown) => {
        if (error instanceof ApiError && error.status === 403) return { entities: [], roles: [] }
        throw error
      }),
    ])
    me.value = who
    meta.value = { ...what, entities: what.entities.map(withSystemFields) }
    configureClient({ csrf: who.csrf_token })
    await applyLang(toLang(who.user.lang))
    if (who.user.theme) setTheme(who.user.theme)
    ready.value = true
  }

  async function applyLang(next: Lang): Promise<void> {
    await setLang(next)
    configureClient({ lang: next, offline: t('error.offline') })
  }

  async function chooseLang(next: Lang): Promise<void> {
    await applyLang(next)
    await server.PATCH('/api/v1/me', { body: { lang: next === 'zh-CN' ? 'zh' : 'en' } })
  }

  async function chooseTheme(next: Theme): Promise<void> {
    setTheme(next)
    await server.PATCH('/api/v1/me', { body: { theme: next } })
  }

  async function logout(): Promise<void> {
    await server.POST('/api/v1/logout')
    location.assign('/login')
  }

  /** True when the permission is granted in any scope. */
  const can = (permission: string): boolean =>
    (me.value?.permissions[permission] ?? 'none') !== 'none'
  /** What the entity itself says, which also knows kinds that nobody creates by hand. */
  const may = (meta: EntityMeta, act: EntityAct): boolean => (meta.can[act] ?? 'none') !== 'none'
  const entity = (name: string): EntityMeta | undefined => byName.value.get(name)
  const entityByPlural = (plural: string): EntityMeta | undefined => byPlural.value.get(plural)
  const field = (entityName: string, name: string): FieldMeta | undefined =>
    byName.value.get(entityName)?.fields.find((f) => f.name === name)

  return {
    me,
    meta,
    user,
    ready,
    lang: computed(lang),
    load,
    applyLang,
    chooseLang,
    chooseTheme,
    logout,
    can,
    may,
    entity,
    entityByPlural,
    field,
  }
})
