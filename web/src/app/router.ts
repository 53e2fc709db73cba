// Joins the features' routes. Unknown addresses show the not-found page inside the frame.
import { createRouter, createWebHistory } from 'vue-router'
import { features } from './features'
import { useSession } from '@/shared/session'

export const router = createRouter({
  history: createWebHistory(),
  routes: [
    ...features.flatMap((feature) => feature.routes),
    { path: '/:rest(.*)*', name: 'not-found', component: () => import('@/ui/NotFoundPage.vue') },
  ],
  scrollBehavior: (_to, _from, saved) => saved ?? { top: 0 },
})

// A first password that somebody else chose is changed before anything else.
router.beforeEach((to) => (useSession().me?.must_change_password && to.path !== '/me' ? '/me' : true))

// After a page change the reader's focus belongs at the beginning of the new page.
router.afterEach((to, from) => {
  if (from.name && to.path !== from.path) document.getElementById('main')?.focus({ preventScroll: true })
})
