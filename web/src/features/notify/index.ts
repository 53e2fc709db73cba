// What people and programs are told: notifications and their choices, the outbox, webhooks.
import { registerView } from '@/features/records'
import type { Feature } from '@/shared/feature'
import { useSession } from '@/shared/session'
import { Bell, Key, Message, Share } from '@/ui/icons'
import { t } from './messages'

registerView('webhook', {
  open: 'page',
  headFields: ['active', 'owner_id', 'failures', 'disabled_reason'],
  tabs: [
    {
      key: 'deliveries',
      label: () => t('notify.deliveries'),
      component: () => import('./components/DeliveriesTab.vue').then((module) => module.default),
    },
  ],
  actions: [
    {
      key: 'secret',
      label: () => t('notify.secret'),
      icon: Key,
      visible: () => useSession().can('webhook.update'),
      dialog: () => import('./components/SecretDialog.vue').then((module) => module.default),
    },
  ],
})

export const notify: Feature = {
  routes: [
    { path: '/notifications', name: 'notifications', component: () => import('./pages/NoticesPage.vue') },
    { path: '/me/notifications', name: 'my-notices', component: () => import('./pages/ChoicesPage.vue'), props: { company: false } },
    { path: '/notices/defaults', name: 'notice-defaults', component: () => import('./pages/ChoicesPage.vue'), props: { company: true } },
    { path: '/mails', name: 'mails', component: () => import('./pages/OutboxPage.vue') },
  ],
  nav: [
    {
      key: 'notice-defaults',
      label: () => t('notify.company'),
      icon: Bell,
      to: '/notices/defaults',
      order: 920,
      section: 'admin',
      visible: () => useSession().can('notice.defaults'),
    },
    {
      key: 'mails',
      label: () => t('notify.outbox'),
      icon: Message,
      to: '/mails',
      order: 922,
      section: 'admin',
      visible: () => useSession().can('mail.read'),
    },
    {
      key: 'webhooks',
      label: () => t('notify.webhooks'),
      icon: Share,
      to: '/webhooks',
      order: 924,
      section: 'admin',
      visible: () => useSession().can('webhook.read'),
    },
  ],
}
