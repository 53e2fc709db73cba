import type { Feature } from '@/shared/feature'
import { label } from '@/shared/i18n'
import { useSession } from '@/shared/session'
import { OfficeBuilding } from '@/ui/icons'

export const accounts: Feature = {
  routes: [],
  nav: [
    {
      key: 'accounts',
      label: () => label(useSession().entity('account')?.label_plural),
      icon: OfficeBuilding,
      to: '/accounts',
      order: 30,
      visible: () => Boolean(useSession().entity('account')) && useSession().can('account.read'),
    },
  ],
}
