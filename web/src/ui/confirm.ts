// A question as a promise: `if (await ask({...}))`. For what cannot be undone, or leaving work.
import { ref } from 'vue'

export interface Question {
  title: string
  text?: string
  action: string
  cancel?: string
  danger?: boolean
}

export const question = ref<(Question & { answer: (yes: boolean) => void }) | null>(null)

export function ask(next: Question): Promise<boolean> {
  question.value?.answer(false)
  return new Promise((resolve) => {
    question.value = {
      ...next,
      answer: (yes) => {
        question.value = null
        resolve(yes)
      },
    }
  })
}
