// A form's unsent values survive a reload or a crash. Kept per person in this browser, dropped
// on save, and after a week.
import { useDebounceFn } from '@vueuse/core'
import { forget, recall, remember } from './i18n'
import { useSession } from './session'

const WEEK = 7 * 86_400_000
type Values = Record<string, unknown>

export function useDraft(name: () => string) {
  const session = useSession()
  const key = () => `tripod.draft.${session.user?.id ?? ''}.${name()}`
  let dropped = false

  const keep = useDebounceFn((values: Values) => {
    if (!dropped) remember(key(), JSON.stringify({ at: Date.now(), values }))
  }, 400)

  return {
    load(): Values | null {
      const text = recall(key())
      if (!text) return null
      try {
        const { at, values } = JSON.parse(text) as { at: number; values: Values } // our own writing
        if (Date.now() - at < WEEK) return values
      } catch {
        /* a broken draft is no draft */
      }
      forget(key())
      return null
    },
    save(values: Values): void {
      dropped = false
      void keep(values)
    },
    drop(): void {
      dropped = true
      forget(key())
    },
  }
}
