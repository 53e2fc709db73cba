// Leads: the generic screens, conversion, and where a converted lead went.
import { registerView } from '@/features/records'
import type { Feature } from '@/shared/feature'
import { label } from '@/shared/i18n'
import { useSession } from '@/shared/session'
import { Promotion, Share } from '@/ui/icons'
import { t } from './messages'
import { mayConvert } from './model'

registerView('lead', {
  headFields: ['status', 'source', 'contact_name', 'phone', 'owner_id'],
  banner: () => import('./components/ConvertedBanner.vue').then((module) => module.default),
  bannerHeight: (record) => (record['account_id'] ? 49 : 0),
  actions: [
    {
      key: 'convert',
      label: () => t('leads.convert'),
      icon: Share,
      visible: (record) => mayConvert(record) && useSession().can('lead.convert'),
      primary: () => true,
      dialog: () => import('./components/ConvertDialog.vue').then((module) => module.default),
    },
  ],
  presets: [
    { key: 'new', label: () => t('leads.preset_new'), conditions: [{ field: 'status', op: 'in', value: ['new'] }] },
    {
      key: 'qualified',
      label: () => t('leads.preset_qualified'),
      conditions: [{ field: 'status', op: 'in', value: ['qualified'] }],
    },
    {
      key: 'nurture',
      label: () => t('leads.preset_nurture'),
      conditions: [{ field: 'status', op: 'in', value: ['nurture'] }],
    },
  ],
  related: [
    { entity: 'activity', by: 'lead_id' },
    { entity: 'task', by: 'lead_id' },
  ],
})

export const leads: Feature = {
  routes: [],
  nav: [
    {
      key: 'leads',
      label: () => label(useSession().entity('lead')?.label_plural),
      icon: Promotion,
      to: '/leads',
      order: 20,
      visible: () => useSession().can('lead.read'),
    },
  ],
}
