// The shipped playbook, as the stories need it: nodes in order with what each requires.
import { readFileSync } from 'node:fs'
import type { Part } from './story'

interface Label { zh: string; en: string }
export interface Output {
  key: string
  kind: 'record' | 'note' | 'document' | 'file' | 'approval'
  label: Label
  required: boolean
  policy?: { seats: { role: string }[] }
}
export interface Node {
  code: string
  name: Label
  owner_roles: string[]
  outputs: Output[]
}
interface Playbook { stages: { code: string; nodes: Node[] }[] }

const playbook = JSON.parse(
  readFileSync(new URL('../../../seed/playbook.json', import.meta.url), 'utf8')) as Playbook

export const nodes: Node[] = playbook.stages.flatMap((stage) => stage.nodes)

const PLAYER: Record<string, Part> = {
  sales: 'sales',
  technical_consultant: 'tech',
  csm: 'csm',
  sales_manager: 'manager',
  technical_lead: 'techLead',
  finance: 'finance',
  legal: 'legal',
}

/** Who plays the first of these roles. */
export function player(roles: string[] | undefined): Part {
  const part = PLAYER[roles?.[0] ?? '']
  if (!part) throw new Error(`nobody plays ${roles?.join()}`)
  return part
}
