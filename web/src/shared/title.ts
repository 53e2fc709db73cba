// The browser tab names the record or the page.
import { toValue, watchEffect, type MaybeRefOrGetter } from 'vue'
import { t } from './i18n'

export function useTitle(title: MaybeRefOrGetter<string | null | undefined>): void {
  watchEffect(() => {
    const text = toValue(title)
    document.title = text ? `${text} · ${t('app.name')}` : t('app.name')
  })
}
