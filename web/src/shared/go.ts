// Navigation from outside components (commands). The app hands its router over at the start.
import type { Router } from 'vue-router'

let current: Router | null = null
export const provideRouter = (router: Router): void => void (current = router)
export const go = (to: string): void => void current?.push(to)
