// The board of opportunities, and the switch between its views on their table.
import type { Feature } from '@/shared/feature'
import { extendView } from '@/features/records'

extendView('opportunity', { switcher: () => import('./components/ViewSwitch.vue').then((module) => module.default) })

export const board: Feature = {
  routes: [{ path: '/opportunities/board', name: 'board', component: () => import('./pages/BoardPage.vue') }],
}
