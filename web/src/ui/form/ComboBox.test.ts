import { mount } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { nextTick } from 'vue'
import { setLang } from '@/shared/i18n'
import ComboBox from './ComboBox.vue'
import { optionsShown } from './options'

const options = [
  { value: 'a', label: '展会' },
  { value: 'b', label: '招投标' },
  { value: 'c', label: '转介绍', disabled: true },
]

describe('choosing', () => {
  let pop: HTMLElement
  beforeEach(async () => {
    await setLang('zh-CN')
    pop = document.createElement('div')
    pop.id = 'pop'
    document.body.append(pop)
  })
  afterEach(() => pop.remove())

  const make = (multiple: boolean, modelValue: string[] = []) =>
    mount(ComboBox, { props: { options, multiple, modelValue, label: '来源' }, attachTo: document.body })

  it('narrows by typing and takes the first with Enter', async () => {
    const box = make(false)
    const input = box.get('input')
    await input.trigger('keydown', { key: 'ArrowDown' })
    await nextTick()
    expect(input.attributes('aria-expanded')).toBe('true')
    await input.setValue('招')
    expect(pop.querySelectorAll('[role="option"]')).toHaveLength(1)
    await input.trigger('keydown', { key: 'Enter' })
    expect(box.emitted('update:modelValue')).toEqual([[['b']]])
    expect(input.attributes('aria-expanded')).toBe('false')
    box.unmount()
  })
  it('does not take what is disabled', async () => {
    const box = make(false)
    const input = box.get('input')
    await input.trigger('keydown', { key: 'ArrowDown' })
    await nextTick()
    await input.trigger('keydown', { key: 'ArrowUp' })
    await input.trigger('keydown', { key: 'Enter' })
    expect(box.emitted('update:modelValue')).toBeUndefined()
    box.unmount()
  })
  it('takes the last of several back with Backspace', async () => {
    const box = make(true, ['a', 'b'])
    await box.get('input').trigger('keydown', { key: 'Backspace' })
    expect(box.emitted('update:modelValue')).toEqual([[['a']]])
    box.unmount()
  })
  it('shows at most a hundred', () => {
    const many = Array.from({ length: 500 }, (_, n) => ({ value: n, label: `项 ${n}` }))
    expect(optionsShown(many, '')).toHaveLength(100)
    expect(optionsShown(many, '499')).toEqual([{ value: 499, label: '项 499' }])
  })
})
