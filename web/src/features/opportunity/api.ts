// Calls of the process: reading the path, and the verbs, each of which answers with the path as
// it is afterwards.
import { api, type Id } from '@/api/client'
import type { Path } from './model'

export const loadPath = (id: Id, signal?: AbortSignal) => api.get<Path>(`/opportunities/${id}/path`, {}, signal)

export interface HandIn {
  key: string
  title?: string
  body?: string
  attachment_id?: Id
  version?: number
}

export const verbs = {
  complete: (node: Id) => api.post<Path>(`/nodes/${node}/complete`),
  giveBack: (node: Id, to: string, reason: string) => api.post<Path>(`/nodes/${node}/return`, { to, reason }),
  start: (node: Id) => api.post<Path>(`/nodes/${node}/start`),
  plan: (node: Id, plan_on: string | null) => api.post<Path>(`/nodes/${node}/plan`, { plan_on }),
  assign: (node: Id, user_id: Id) => api.post<Path>(`/nodes/${node}/assign`, { user_id }),
  handIn: (node: Id, body: HandIn) => api.post<Path>(`/nodes/${node}/outputs`, body),
  ask: (node: Id, key: string) => api.post<Path>(`/nodes/${node}/ask`, { key }),
  except: (node: Id, body: { kind: string; item: string | null; reason: string; approver_id: Id | null }) =>
    api.post<Path>(`/nodes/${node}/exceptions`, body),
  judge: (exception: Id, decision: 'approve' | 'return', opinion: string) =>
    api.post<Path>(`/exceptions/${exception}/decide`, { decision, opinion: opinion || null }),
  advance: (opportunity: Id, stage: string) => api.post<Path>(`/opportunities/${opportunity}/advance`, { stage }),
  close: (opportunity: Id, outcome: 'lost' | 'void' | 'open', reason: string | null) =>
    api.post<Path>(`/opportunities/${opportunity}/close`, { outcome, reason }),
}
