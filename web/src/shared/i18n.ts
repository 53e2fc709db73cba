// Languages. zh-CN is the schema; a key that is missing in English, or mistyped in a call,
// does not compile. Common words live in src/locales, a feature's words in its own folder.
import { createI18n } from 'vue-i18n'
import type zhCN from '@/locales/zh-CN.json'
import type { Labels } from '@/api/types'

export type Lang = 'zh-CN' | 'en-US'
export type Params = Record<string, string | number>

type Schema = typeof zhCN
export type Leaves<T, P extends string = ''> = {
  [K in keyof T & string]: T[K] extends string ? `${P}${K}` : Leaves<T[K], `${P}${K}.`>
}[keyof T & string]
export type CommonKey = Leaves<Schema>

export const i18n = createI18n({
  legacy: false,
  locale: 'zh-CN',
  fallbackLocale: [],
  missingWarn: true,
  messages: {},
})

export const toLang = (code: string | null | undefined): Lang =>
  code && !code.toLowerCase().startsWith('zh') ? 'en-US' : 'zh-CN'

/** Reactive: reading it in a template re-renders on a switch. */
export const lang = (): Lang => toLang(i18n.global.locale.value)

export type Translate<K extends string> = (key: K, params?: Params, plural?: number) => string

function translate(key: string, params: Params = {}, plural?: number): string {
  return plural === undefined
    ? i18n.global.t(key, params)
    : i18n.global.t(key, { n: plural, ...params }, plural)
}

export const t: Translate<CommonKey> = translate

/**
 * Words of one feature, in both languages, joined to the common ones. Returns `t` that knows
 * both sets of keys. The JSON files have the feature's name as their only top-level key.
 */
export function featureMessages<S extends object>(zh: S, en: S): Translate<Leaves<S> | CommonKey> {
  i18n.global.mergeLocaleMessage('zh-CN', zh)
  i18n.global.mergeLocaleMessage('en-US', en)
  return translate
}

const loaders: Record<Lang, () => Promise<Schema>> = {
  'zh-CN': () => import('@/locales/zh-CN.json').then((module) => module.default),
  'en-US': () => import('@/locales/en-US.json').then((module) => module.default),
}
const loaded = new Set<Lang>()

export async function setLang(next: Lang): Promise<void> {
  if (!loaded.has(next)) {
    i18n.global.mergeLocaleMessage(next, await loaders[next]())
    loaded.add(next)
  }
  i18n.global.locale.value = next
  document.documentElement.lang = next
  remember('tripod.lang', next)
}

/** Storage may be full or forbidden; what we keep there is a convenience only. */
export function remember(key: string, value: string): void {
  try {
    localStorage.setItem(key, value)
  } catch {
    /* see above */
  }
}

export function recall(key: string): string | null {
  try {
    return localStorage.getItem(key)
  } catch {
    return null
  }
}

export function forget(key: string): void {
  try {
    localStorage.removeItem(key)
  } catch {
    /* see above */
  }
}

/** A label the server gives in both languages. */
export const label = (labels: Labels | null | undefined): string =>
  labels ? (lang() === 'zh-CN' ? labels.zh : labels.en) : ''

/** A kind of record inside a sentence: English writes it small. */
export const noun = (labels: Labels | null | undefined): string => {
  const text = label(labels)
  return lang() === 'en-US' ? text.charAt(0).toLowerCase() + text.slice(1) : text
}
