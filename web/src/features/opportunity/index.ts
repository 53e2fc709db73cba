// The page of an opportunity, and the parts of the process that other rooms show: the review in
// a drawer, the list of what is missing, losing an opportunity.
import { defineAsyncComponent } from 'vue'
import type { Feature } from '@/shared/feature'
import { label } from '@/shared/i18n'
import { useSession } from '@/shared/session'
import { registerView } from '@/features/records'
import { TrendCharts } from '@/ui/icons'

export { verbs } from './api'
export { pathChanged, useVerb } from './usePath'
export type { Missing, Path } from './model'
export const ReviewDrawer = defineAsyncComponent(() => import('./components/ReviewDrawer.vue'))
export const ExceptionDrawer = defineAsyncComponent(() => import('./components/ExceptionDrawer.vue'))
export const MissingList = defineAsyncComponent(() => import('./components/MissingList.vue'))
export const CloseDialog = defineAsyncComponent(() => import('./components/CloseDialog.vue'))

registerView('opportunity', { open: 'page' })
registerView('output', { part: true })

export const opportunity: Feature = {
  routes: [
    { path: '/opportunities/:id(\\d+)', name: 'opportunity', component: () => import('./pages/OpportunityPage.vue') },
  ],
  nav: [
    {
      key: 'opportunities',
      label: () => label(useSession().entity('opportunity')?.label_plural),
      icon: TrendCharts,
      to: '/opportunities/board',
      under: '/opportunities',
      order: 35,
      phone: true,
      visible: () => Boolean(useSession().entity('opportunity')) && useSession().can('opportunity.read'),
    },
  ],
}
