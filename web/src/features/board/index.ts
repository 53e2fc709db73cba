// The board of opportunities, and the switch between its views on their table.
import type { Feature } from '@/shared/feature'
import { registerView } from '@/features/records'

registerView('opportunity', { switcher: () => import('./components/ViewSwitch.vue').then((module) => module.default) })

export const board: Feature = {
  routes: [{ path: '/opportunities/board', name: 'board', component: () => import('./pages/BoardPage.vue') }],
}
