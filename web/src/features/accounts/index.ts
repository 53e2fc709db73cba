// Accounts: the generic screens with group, totals, team and everything that belongs to them.
import { registerView } from '@/features/records'
import type { Feature } from '@/shared/feature'
import { label } from '@/shared/i18n'
import { useSession } from '@/shared/session'
import { OfficeBuilding } from '@/ui/icons'
import { t } from './messages'

registerView('account', {
  headFields: ['grade', 'status', 'industry_id', 'region_id', 'owner_id'],
  banner: () => import('./components/AccountOverview.vue').then((module) => module.default),
  bannerHeight: () => 80,
  related: [
    { entity: 'contact', by: 'account_id' },
    { entity: 'opportunity', by: 'account_id' },
    { entity: 'activity', by: 'account_id' },
    { entity: 'task', by: 'account_id' },
  ],
  tabs: [
    {
      key: 'team',
      label: () => t('accounts.team'),
      component: () => import('./components/AccountTeam.vue').then((module) => module.default),
    },
  ],
  presets: [
    { key: 'a', label: () => t('accounts.preset_a'), conditions: [{ field: 'grade', op: 'in', value: ['A'] }] },
    { key: 'b', label: () => t('accounts.preset_b'), conditions: [{ field: 'grade', op: 'in', value: ['B'] }] },
    {
      key: 'customer',
      label: () => t('accounts.preset_customer'),
      conditions: [{ field: 'status', op: 'in', value: ['customer'] }],
    },
  ],
})

export const accounts: Feature = {
  routes: [],
  nav: [
    {
      key: 'accounts',
      label: () => label(useSession().entity('account')?.label_plural),
      icon: OfficeBuilding,
      to: '/accounts',
      order: 30,
      visible: () => useSession().can('account.read'),
    },
  ],
}
