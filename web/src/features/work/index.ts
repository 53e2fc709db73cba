// The start page: what waits for the person who looks.
import type { Feature } from '@/shared/feature'
import { t } from '@/shared/i18n'
import { House } from '@/ui/icons'

export const work: Feature = {
  routes: [{ path: '/', name: 'work', component: () => import('./pages/MyWorkPage.vue') }],
  nav: [{ key: 'work', label: () => t('nav.work'), icon: House, to: '/', order: 10, phone: true }],
}
