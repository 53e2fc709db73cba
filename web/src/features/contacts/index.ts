// Contacts: the generic screens with the facts that say who decides.
import { registerView } from '@/features/records'
import type { Feature } from '@/shared/feature'
import { label } from '@/shared/i18n'
import { useSession } from '@/shared/session'
import { User } from '@/ui/icons'

registerView('contact', {
  headFields: ['account_id', 'title', 'decision_role', 'attitude', 'mobile'],
  related: [{ entity: 'activity', by: 'contact_id' }],
})

export const contacts: Feature = {
  routes: [],
  nav: [
    {
      key: 'contacts',
      label: () => label(useSession().entity('contact')?.label_plural),
      icon: User,
      to: '/contacts',
      order: 35,
      visible: () => useSession().can('contact.read'),
    },
  ],
}
