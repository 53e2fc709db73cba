// Light, dark or as the system says. boot.js does the same before the first paint.
import { ref, watchEffect } from 'vue'
import { recall, remember } from './i18n'

export type Theme = 'auto' | 'light' | 'dark'

const isTheme = (value: unknown): value is Theme =>
  value === 'auto' || value === 'light' || value === 'dark'

const system = matchMedia('(prefers-color-scheme: dark)')
const systemDark = ref(system.matches)
system.addEventListener('change', (event) => (systemDark.value = event.matches))

const stored = recall('tripod.theme')
export const theme = ref<Theme>(isTheme(stored) ? stored : 'auto')
export const dark = ref(false)

watchEffect(() => {
  dark.value = theme.value === 'dark' || (theme.value === 'auto' && systemDark.value)
  document.documentElement.classList.toggle('dark', dark.value)
})

export function setTheme(next: unknown): void {
  if (!isTheme(next)) return
  theme.value = next
  remember('tripod.theme', next)
}
