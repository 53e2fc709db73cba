// Records that stories begin from, made by the API so that each story is about its own subject.
import { unique, type Api, type Stored } from './story'

export interface Begun {
  account: number
  opportunity: number
  name: string
  company: string
}

/** An opportunity of this person's, walked until it stands at `node` (1.1 … 1.5). */
export async function begin(api: Api, node = '1.1'): Promise<Begun> {
  const company = unique('远东重工')
  const name = unique('焊装车间数据看板')
  const account = await api.post('/accounts', { name: company, grade: 'A' })
  await api.post('/contacts', { account_id: account.id, name: '林工' })
  const opportunity = await api.post('/opportunities', {
    name, account_id: account.id, source: 'referral', amount_fen: 50_000_000,
    technical_id: await api.idOf('tech'), csm_id: await api.idOf('csm'),
  })
  await api.post('/activities', { kind: 'call', subject: '首次通话', opportunity_id: opportunity.id })
  for (const code of ['1.1', '1.2', '1.3', '1.4']) {
    if (code >= node) break
    const now = await api.node(opportunity.id, code)
    for (const { key } of now.missing) {
      await api.post(`/nodes/${now.id}/outputs`, { key, body: '已按要求填写' }, 200)
    }
    await api.post(`/nodes/${now.id}/complete`, {}, 200)
  }
  return { account: account.id, opportunity: opportunity.id, name, company }
}

/** A bare account. */
export const makeAccount = (api: Api, more: object = {}): Promise<Stored> =>
  api.post('/accounts', { name: unique('云岭装备'), grade: 'B', ...more })
