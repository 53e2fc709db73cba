// Invented records for mock/plugin.ts.
import type { EntityMeta, FieldMeta, FieldType } from '../src/api/types.ts'

export type Row = { id: number; version: number; [field: string]: unknown }

const field = (name: string, type: FieldType, zh: string, en: string, more: Partial<FieldMeta> = {}): FieldMeta => ({
  name, type, label: { zh, en }, sortable: true, filterable: true, importable: true, in_form: true, group: 'basic', ...more,
})
const options = (...rows: [string, string, string, string?][]) =>
  rows.map(([value, zh, en, tone]) => ({ value, label: { zh, en }, tone: (tone ?? 'neutral') as 'neutral' }))
const L = { in_list: true }
const system = [
  field('created_at', 'time', '创建时间', 'Created', { readonly: true, in_form: false, group: 'system', ...L }),
  field('updated_at', 'time', '更新时间', 'Updated', { readonly: true, in_form: false, group: 'system' }),
]
const owner = field('owner_id', 'ref', '负责人', 'Owner', { ref: 'user', group: 'team', ...L })
const entity = (name: string, plural: string, zh: string, en: string, enPlural: string, title: string, fields: FieldMeta[]): EntityMeta => ({
  name, plural, label: { zh, en }, label_plural: { zh, en: enPlural }, number_prefix: name[0]!.toUpperCase(), title_field: title,
  fields: [field('number', 'text', '编号', 'Number', { readonly: true, in_form: false, ...L }), ...fields, ...system],
  can: { read: 'all', create: 'all', update: 'all', delete: 'all', import: 'all', export: 'all' }, flags: { comments: true, files: true },
})

export const ROLES = options(
  ['sales', '销售', 'Sales'], ['technical_consultant', '技术顾问', 'Technical consultant'], ['csm', '客户成功经理', 'Customer success manager'],
  ['sales_manager', '销售经理', 'Sales manager'], ['finance', '财务', 'Finance'], ['legal', '法务', 'Legal'], ['administrator', '管理员', 'Administrator'],
).map(({ value, label }) => ({ code: value, label }))

export const ENTITIES: EntityMeta[] = [
  entity('lead', 'leads', '线索', 'lead', 'leads', 'company_name', [
    field('company_name', 'text', '公司名称', 'Company', { required: true, ...L }),
    field('contact_name', 'text', '联系人', 'Contact', { group: 'contact', ...L }),
    field('phone', 'phone', '电话', 'Phone', { group: 'contact', ...L }),
    field('email', 'email', '邮箱', 'E-mail', { group: 'contact' }),
    field('source', 'enum', '来源', 'Source', { ...L, enum: options(['expo', '展会', 'Exhibition'], ['tender', '招投标', 'Tender'], ['referral', '转介绍', 'Referral'], ['web', '官网留资', 'Website']) }),
    field('status', 'enum', '状态', 'Status', { ...L, enum: options(['new', '新线索', 'New', 'info'], ['contacted', '已触达', 'Contacted', 'accent'], ['qualified', '合格', 'Qualified', 'success'], ['nurture', '培育', 'Nurture', 'warning'], ['rejected', '已淘汰', 'Rejected', 'danger'], ['converted', '已转化', 'Converted', 'success']) }),
    field('wake_on', 'date', '唤醒日期', 'Wake up on', {}),
    field('note', 'longtext', '备注', 'Notes', { sortable: false }), owner,
  ]),
  entity('account', 'accounts', '客户', 'account', 'accounts', 'name', [
    field('name', 'text', '客户名称', 'Name', { required: true, ...L }),
    field('parent_id', 'ref', '上级单位', 'Parent', { ref: 'account' }),
    field('uscc', 'text', '统一社会信用代码', 'Credit code', { group: 'company', help: { zh: '18 位，末位为校验码', en: '18 characters, the last one checks' } }),
    field('grade', 'enum', '等级', 'Grade', { ...L, enum: options(['A', 'A 战略级', 'A strategic', 'danger'], ['B', 'B 重点级', 'B key', 'accent'], ['C', 'C 潜力级', 'C potential']) }),
    field('region', 'text', '地区', 'Region', L),
    field('revenue_fen', 'money', '年营收', 'Revenue', { group: 'company', ...L }),
    field('headcount', 'int', '员工人数', 'Headcount', { group: 'company', ...L }), owner,
  ]),
  entity('contact', 'contacts', '联系人', 'contact', 'contacts', 'name', [
    field('name', 'text', '姓名', 'Name', { required: true, ...L }),
    field('account_id', 'ref', '客户', 'Account', { ref: 'account', ...L }),
    field('title', 'text', '职务', 'Job title', L),
    field('role', 'enum', '决策角色', 'Decision role', { ...L, enum: options(['decider', '决策人', 'Decision maker', 'accent'], ['user', '使用者', 'User'], ['tech', '技术把关', 'Technical']) }),
    field('phone', 'phone', '手机', 'Phone', { group: 'contact', ...L }),
    field('email', 'email', '邮箱', 'E-mail', { group: 'contact', ...L }), owner,
  ]),
  entity('opportunity', 'opportunities', '商机', 'opportunity', 'opportunities', 'name', [
    field('name', 'text', '商机名称', 'Name', { required: true, ...L }),
    field('account_id', 'ref', '客户', 'Account', { ref: 'account', required: true, ...L }),
    field('amount_fen', 'money', '预计金额', 'Amount', { group: 'money', ...L }),
    field('win_bp', 'bp', '赢单概率', 'Win probability', { group: 'money' }),
    field('stage', 'enum', '阶段', 'Stage', { ...L, enum: options(['1', '线索挖掘', 'Leads'], ['2', '需求诊断', 'Diagnosis'], ['3', '方案定制', 'Solution'], ['4', '谈判签约', 'Contract'], ['5', '交付验收', 'Delivery'], ['6', '持续经营', 'Success']) }),
    field('expected_on', 'date', '预计签约', 'Expected signing', { group: 'money', ...L }), owner,
  ]),
  entity('task', 'tasks', '任务', 'task', 'tasks', 'title', [
    field('title', 'text', '任务', 'Task', { required: true, ...L }), field('due_on', 'date', '截止日期', 'Due', L),
    field('done', 'bool', '已完成', 'Done', L), owner,
  ]),
  entity('user', 'users', '用户', 'user', 'users', 'name', [
    field('name', 'text', '姓名', 'Name', { required: true, ...L }), field('login', 'text', '登录名', 'Log-in', { required: true, ...L }),
    field('email', 'email', '邮箱', 'E-mail', L), field('roles', 'set', '角色', 'Roles', { ...L, enum: ROLES.map((r) => ({ value: r.code, label: r.label })) }),
    field('active', 'bool', '启用', 'Active', L),
  ]),
  entity('team', 'teams', '团队', 'team', 'teams', 'name', [field('name', 'text', '团队名称', 'Name', { required: true, ...L })]),
]

export function seed(): Record<string, Row[]> {
  const people = ['王芳', '李明', '陈静', '刘洋', '赵磊', 'Anna Schmidt']
  const firms = ['华东电力设备', '宁德时代新能源', '浙江大华智联', '三一重工', '万华化学', '比亚迪半导体', '中建三局', '国家电网信通', '深圳地铁运营', '中车株洲所', '长沙中联重科', '重庆长安汽车']
  const cities = ['上海', '福建宁德', '杭州', '长沙', '烟台', '深圳', '武汉', '北京']
  const kinds = ['智慧配电改造', '数字工厂一期', '能耗管理平台', '预测性维护', '园区安防升级', '电池检测产线']
  const at = (i: number) => new Date(Date.now() - i * 5_400_000).toISOString()
  const make = (n: number, fn: (i: number) => Record<string, unknown>): Row[] =>
    Array.from({ length: n }, (_, i) => ({ id: i + 1, version: 1, created_at: at(i), updated_at: at(i / 2), owner_id: (i % 5) + 1, currency: 'CNY', ...fn(i) }))
  const firm = (i: number) => `${firms[i % firms.length]}${['股份有限公司', '有限公司', '集团'][i % 3]}`
  return {
    users: make(people.length, (i) => ({ name: people[i], login: `user${i + 1}`, lang: 'zh-CN', zone: 'Asia/Shanghai', email: `user${i + 1}@example.com`, roles: i ? ['sales'] : ['sales_manager', 'administrator'], active: i !== 4 })),
    teams: make(2, (i) => ({ name: ['华东一部', '华南大客户部'][i] })),
    accounts: make(240, (i) => ({ number: `A2026-${String(i + 1).padStart(6, '0')}`, name: i < 12 ? firm(i) : `${firm(i)} ${i}`, grade: ['A', 'B', 'C', 'B'][i % 4], region: cities[i % 8], revenue_fen: (i * 7919 + 1377) * 1_000_000, headcount: 80 + i * 37, parent_id: i > 20 && i % 9 === 0 ? 1 : null })),
    contacts: make(90, (i) => ({ number: `C2026-${i}`, name: `${'赵钱孙李周吴郑王'[i % 8]}${['总', '工', '经理', '主任'][i % 4]}`, account_id: (i % 40) + 1, title: ['副总经理', '技术总监', '采购经理', '设备科长'][i % 4], role: ['decider', 'tech', 'user'][i % 3], phone: `138${String(10000000 + i * 7)}`, email: `c${i}@example.com` })),
    leads: make(1200, (i) => ({ number: `L2026-${String(i + 1).padStart(6, '0')}`, company_name: `${firm(i)}${i > 11 ? ` ${i}` : ''}`, contact_name: `${'赵钱孙李周吴郑王'[i % 8]}先生`, phone: `139${String(20000000 + i)}`, source: ['expo', 'tender', 'referral', 'web'][i % 4], status: ['new', 'contacted', 'qualified', 'nurture', 'rejected'][i % 5], note: i % 3 ? '' : '工博会上聊过，对预测性维护感兴趣。' })),
    opportunities: make(60, (i) => ({ number: `O2026-${String(i + 1).padStart(6, '0')}`, name: `${firms[i % 12]}·${kinds[i % 6]}`, account_id: (i % 40) + 1, amount_fen: (i * 31 + 20) * 10_000_000, win_bp: (i % 10) * 1000, stage: String((i % 6) + 1), expected_on: '2026-12-20' })),
    tasks: make(5, (i) => ({ title: `回访 ${firms[i]}`, due_on: '2026-11-30', done: i > 3 })),
    comments: [], attachments: [],
  }
}
