import { flushPromises, mount } from '@vue/test-utils'
import { VueQueryPlugin } from '@tanstack/vue-query'
import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createMemoryHistory, createRouter } from 'vue-router'
import type { EntityMeta, FieldMeta } from '@/api/types'
import { setLang } from '@/shared/i18n'
import { queryClient } from '@/shared/query'
import RecordForm from './RecordForm.vue'

const field = (name: string, more: Partial<FieldMeta> = {}): FieldMeta => ({
  name,
  type: 'text',
  label: { zh: name, en: name },
  in_form: true,
  ...more,
})
const entity: EntityMeta = {
  name: 'account',
  plural: 'accounts',
  label: { zh: '客户', en: 'Account' },
  label_plural: { zh: '客户', en: 'Accounts' },
  title_field: 'name',
  fields: [field('name', { required: true }), field('phone'), field('revenue_fen', { type: 'money' })],
  can: { update: 'all' },
}
const record = { id: 7, version: 3, name: '三一重工', phone: '1', revenue_fen: null, currency: 'CNY' }

interface Sent {
  url: string
  version: string | null
  body: unknown
}
const sent: Sent[] = []
const replies: { status: number; body: unknown }[] = []

async function open(props: { record?: typeof record }) {
  const router = createRouter({ history: createMemoryHistory(), routes: [{ path: '/', component: { render: () => null } }] })
  const pinia = createPinia()
  setActivePinia(pinia)
  const form = mount(RecordForm, {
    props: { entity, ...props },
    global: { plugins: [pinia, router, [VueQueryPlugin, { queryClient }]] },
    attachTo: document.body,
  })
  await flushPromises()
  return form
}
const input = (form: Awaited<ReturnType<typeof open>>, index: number) => {
  const found = form.findAll('input')[index]
  if (!found) throw new Error(`no input ${index}`)
  return found
}

describe('the generated form', () => {
  beforeEach(async () => {
    sent.length = 0
    replies.length = 0
    localStorage.clear()
    await setLang('zh-CN')
    vi.stubGlobal('fetch', async (request: Request) => {
      sent.push({
        url: new URL(request.url).pathname,
        version: request.headers.get('If-Match'),
        body: await request.json(),
      })
      const reply = replies.shift() ?? { status: 200, body: { ...record, version: 4 } }
      return new Response(JSON.stringify(reply.body), { status: reply.status })
    })
  })
  afterEach(() => vi.unstubAllGlobals())

  it('asks for what is required before it asks the server', async () => {
    const form = await open({})
    await form.trigger('submit')
    expect(form.find('.field-error').text()).toBe('请填写name')
    expect(sent).toEqual([])
    form.unmount()
  })
  it('sends only what changed, under the version it read', async () => {
    const form = await open({ record })
    await input(form, 2).setValue('1.2亿')
    await form.trigger('submit')
    await flushPromises()
    expect(sent).toEqual([{ url: '/api/v1/accounts/7', version: '"3"', body: { revenue_fen: 12_000_000_000 } }])
    expect(form.emitted('saved')).toHaveLength(1)
    form.unmount()
  })
  it('shows the errors of the server at their fields', async () => {
    replies.push({
      status: 422,
      body: { code: 'invalid', detail: '有 1 处需要修改', errors: [{ field: 'phone', code: 'phone', message: '电话不对' }] },
    })
    const form = await open({ record })
    await input(form, 1).setValue('abc')
    await form.trigger('submit')
    await flushPromises()
    expect(form.find('.fieldrow.invalid .field-error').text()).toBe('电话不对')
    expect(form.emitted('saved')).toBeUndefined()
    form.unmount()
  })
  it('offers both sides when somebody else was faster, and loses neither', async () => {
    replies.push({
      status: 412,
      body: {
        code: 'version_conflict',
        current: { ...record, version: 5, name: '三一集团', phone: '2' },
        changes: [
          { field: 'phone', old: '1', new: '2', who: '李明', when: '2026-03-05T06:30:00Z' },
          { field: 'name', old: '三一重工', new: '三一集团', who: '李明', when: '2026-03-05T06:30:00Z' },
        ],
      },
    })
    const form = await open({ record })
    await input(form, 1).setValue('3')
    await form.trigger('submit')
    await flushPromises()
    const choice = form.findComponent({ name: 'ConflictChoice' })
    choice.vm.$emit('resolve', { name: '三一集团' }, 5)
    await flushPromises()
    expect(sent.at(-1)).toEqual({ url: '/api/v1/accounts/7', version: '"5"', body: { phone: '3' } })
    form.unmount()
  })
})
