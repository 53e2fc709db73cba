// Leaving with unsaved changes asks first, whether by a link, the back button or the window.
import { onScopeDispose, toValue, type MaybeRefOrGetter } from 'vue'
import { onBeforeRouteLeave, onBeforeRouteUpdate } from 'vue-router'

export function useUnsavedGuard(
  dirty: MaybeRefOrGetter<boolean>,
  ask: () => Promise<boolean>,
): void {
  const guard = async () => !toValue(dirty) || (await ask())
  onBeforeRouteLeave(guard)
  onBeforeRouteUpdate((to, from) => to.path === from.path || guard())
  const beforeUnload = (event: BeforeUnloadEvent) => {
    if (toValue(dirty)) event.preventDefault()
  }
  window.addEventListener('beforeunload', beforeUnload)
  onScopeDispose(() => window.removeEventListener('beforeunload', beforeUnload))
}
