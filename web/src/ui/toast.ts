// Short notes at the foot of the page: that something was done, with a way to undo it.
// Refusals don't belong here; they stay where they happened (ErrorNote, field errors).
import { ref } from 'vue'

export interface Toast {
  key: number
  text: string
  tone: 'done' | 'error'
  action?: { label: string; run: () => unknown }
}

export const toasts = ref<Toast[]>([])
let next = 1

export function dismiss(key: number): void {
  toasts.value = toasts.value.filter((toast) => toast.key !== key)
}

export function toast(
  text: string,
  { action, tone = 'done' }: { action?: Toast['action']; tone?: Toast['tone'] } = {},
): void {
  const key = next++
  toasts.value = [...toasts.value.slice(-2), { key, text, tone, ...(action ? { action } : {}) }]
  // Long enough to read and to reach the button.
  setTimeout(() => dismiss(key), action || tone === 'error' ? 8000 : 3500)
}
