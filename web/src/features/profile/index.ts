// The person's own settings: language, appearance, zone, password.
import type { Feature } from '@/shared/feature'
export const profile: Feature = {
  routes: [{ path: '/me', name: 'me', component: () => import('./pages/ProfilePage.vue') }],
}
