// Working-day calendars: a year at a glance, days taken off or made up, import of a year.
import { registerView } from '@/features/records'
import type { Feature } from '@/shared/feature'
import { Calendar } from '@/ui/icons'
import { t } from './messages'

registerView('calendar', {
  open: 'page',
  headFields: ['code', 'parent_id', 'weekend'],
  tabs: [
    {
      key: 'year',
      label: () => t('calendars.year'),
      component: () => import('./components/CalendarYear.vue').then((module) => module.default),
    },
  ],
})
registerView('calendar_day', { part: true })

export const calendars: Feature = {
  routes: [],
  nav: [
    {
      key: 'calendars',
      label: () => t('calendars.calendars'),
      icon: Calendar,
      to: '/calendars',
      order: 920,
      section: 'admin',
    },
  ],
}
