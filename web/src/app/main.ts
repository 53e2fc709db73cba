// Starts the app: who is there and what exists first, then the frame.
import { VueQueryPlugin } from '@tanstack/vue-query'
import { createPinia } from 'pinia'
import { createApp } from 'vue'
import { ApiError } from '@/api/client'
import { setZone } from '@/shared/dates'
import { i18n, recall, setLang, toLang } from '@/shared/i18n'
import { provideRouter } from '@/shared/go'
import { queryClient } from '@/shared/query'
import { useSession } from '@/shared/session'
import '@/ui/styles'
import App from './App.vue'
import StartFault from './StartFault.vue'
import { router } from './router'

async function start(): Promise<void> {
  const pinia = createPinia()
  const session = useSession(pinia)
  await setLang(toLang(recall('tripod.lang') ?? navigator.language))
  try {
    await session.load()
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) return // on the way to the log-in
    createApp(StartFault, { error }).use(i18n).use(router).mount('#app')
    return
  }
  if (session.user) setZone(session.user.zone)
  provideRouter(router)
  const app = createApp(App)
  app.use(pinia).use(i18n).use(router).use(VueQueryPlugin, { queryClient })
  await router.isReady()
  app.mount('#app')
}

// After an update of the server the old chunks are gone: load the new page, once.
window.addEventListener('vite:preloadError', (event) => {
  const last = Number(sessionStorage.getItem('tripod.reloaded') ?? 0)
  if (Date.now() - last < 10_000) return
  sessionStorage.setItem('tripod.reloaded', String(Date.now()))
  event.preventDefault()
  location.reload()
})

void start()
