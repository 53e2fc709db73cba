// Uploads under way: their progress, how to stop one, and what the server refused.
import { ref, shallowRef } from 'vue'
import { ApiError, upload } from '@/api/client'

export interface Upload {
  key: number
  name: string
  /** 0 … 1 */
  done: number
  cancel: () => void
}

export function useUpload<T>() {
  const running = ref<Upload[]>([])
  const error = shallowRef<ApiError | null>(null)
  let next = 1
  /** Null when it was refused (then in `error`) or stopped. */
  async function send(path: string, file: File, fields: Record<string, string>): Promise<T | null> {
    error.value = null
    const form = new FormData()
    for (const [name, value] of Object.entries(fields)) form.set(name, value)
    form.set('file', file, file.name)
    const key = next++
    const job = upload<T>(path, form, (part) => {
      const one = running.value.find((row) => row.key === key)
      if (one) one.done = part
    })
    running.value.push({ key, name: file.name, done: 0, cancel: job.cancel })
    try {
      return await job.done
    } catch (cause) {
      if (cause instanceof ApiError) error.value = cause
      else if (!(cause instanceof DOMException)) throw cause
      return null
    } finally {
      running.value = running.value.filter((row) => row.key !== key)
    }
  }
  return { running, error, send }
}
