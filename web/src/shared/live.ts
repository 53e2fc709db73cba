// Live updates: one EventSource per browser, shared by all tabs, because HTTP/1.1 allows six
// connections to a host and each tab would hold one. The tab that holds the lock reads the
// stream and tells the others.
import { onScopeDispose, readonly, ref } from 'vue'
import type { LiveEvent } from '@/api/types'

type Listener = (event: LiveEvent) => void

const listeners = new Set<Listener>()
const connected = ref(false)
let started = false

const tell = (event: LiveEvent) => listeners.forEach((listener) => listener(event))

function isLive(data: unknown): data is LiveEvent {
  return typeof data === 'object' && data !== null && 'kind' in data && 'entity' in data
}

function listen(pass: (event: LiveEvent) => void): void {
  const source = new EventSource('/api/v1/events')
  source.onopen = () => (connected.value = true)
  source.onerror = () => {
    connected.value = false
    // The browser retries by itself unless the server refused for good (signed out).
    if (source.readyState === EventSource.CLOSED) setTimeout(() => listen(pass), 15_000)
  }
  source.addEventListener('event', (message: MessageEvent<string>) => {
    const data: unknown = JSON.parse(message.data)
    if (isLive(data)) pass(data)
  })
}

export function startLive(): void {
  if (started) return
  started = true
  if (!('locks' in navigator) || !('BroadcastChannel' in window)) {
    listen(tell)
    return
  }
  const channel = new BroadcastChannel('tripod-live')
  channel.onmessage = (message: MessageEvent<unknown>) => {
    if (isLive(message.data)) tell(message.data)
  }
  void navigator.locks.request('tripod-live', () => {
    listen((event) => {
      tell(event)
      channel.postMessage(event)
    })
    return new Promise<never>(() => {}) // held until the tab closes
  })
}

/** Calls `listener` for every event while the surrounding component lives. */
export function useLive(listener?: Listener) {
  if (listener) {
    listeners.add(listener)
    onScopeDispose(() => listeners.delete(listener))
  }
  return { connected: readonly(connected) }
}
