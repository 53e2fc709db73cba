// Development only (`npm run mock`): answers /api/v1 from memory, so that screens can be built
// without a server. Never part of the build.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Plugin } from 'vite'
import { ENTITIES, ROLES, seed, type Row } from './data.ts'

type Json = Record<string, unknown>
const store = seed()
const history = new Map<string, Json[]>()
const ME = 1
const streams = new Set<ServerResponse>()
let seq = 1

const entityOf = (plural: string) => ENTITIES.find((e) => e.plural === plural)
const rows = (plural: string): Row[] => (store[plural] ??= [])

function matches(row: Row, tree: Json): boolean {
  return Object.entries(tree).every(([key, value]) => {
    if (key === 'and') return (value as Json[]).every((t) => matches(row, t))
    if (key === 'or') return (value as Json[]).some((t) => matches(row, t))
    if (key === 'not') return !matches(row, value as Json)
    const have = row[key] as never
    return Object.entries(value as Json).every(([op, v]) => {
      const want = v as never
      switch (op) {
        case 'eq': return have === want
        case 'ne': return have !== want
        case 'in': return (v as unknown[]).includes(have)
        case 'nin': return !(v as unknown[]).includes(have)
        case 'lt': return have < want
        case 'le': return have <= want
        case 'gt': return have > want
        case 'ge': return have >= want
        case 'between': return have >= (v as never[])[0]! && have <= (v as never[])[1]!
        case 'contains': return String(have ?? '').includes(String(v))
        case 'begins': return String(have ?? '').startsWith(String(v))
        case 'is_null': return (have === null || have === undefined || have === '') === v
        default: return false
      }
    })
  })
}

function expand(plural: string, row: Row, names: string): Row {
  const out = { ...row }
  for (const name of names.split(',').filter(Boolean)) {
    const field = entityOf(plural)?.fields.find((f) => f.name === `${name}_id`)
    const target = field && ENTITIES.find((e) => e.name === field.ref)
    const found = target && rows(target.plural).find((r) => r.id === row[`${name}_id`])
    out[name] = found ? { id: found.id, name: found[target.title_field] } : null
  }
  return out
}

function problem(res: ServerResponse, status: number, code: string, detail: string, more: Json = {}) {
  send(res, status, { type: 'about:blank', title: detail, status, code, detail, request_id: 'mock-1', ...more })
}

function send(res: ServerResponse, status: number, body?: unknown) {
  res.statusCode = status
  res.setHeader('Content-Type', status >= 400 ? 'application/problem+json' : 'application/json')
  res.end(body === undefined ? '' : JSON.stringify(body))
}

async function bodyOf(req: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = []
  for await (const part of req) parts.push(part as Buffer)
  return Buffer.concat(parts)
}

function note(plural: string, row: Row, kind: string, changes: Json[]) {
  const entity = entityOf(plural)!.name
  const key = `${plural}/${row.id}`
  const entry = { at: new Date().toISOString(), who: { id: ME, name: '王芳' }, kind: `${entity}.${kind}`, changes }
  history.set(key, [entry, ...(history.get(key) ?? [])])
  const event = { seq: seq++, kind: `${entity}.${kind}`, entity, entity_id: row.id }
  for (const stream of streams) stream.write(`id: ${event.seq}\nevent: event\ndata: ${JSON.stringify(event)}\n\n`)
}

function check(plural: string, values: Json, whole: boolean) {
  return (entityOf(plural)?.fields ?? [])
    .filter((f) => f.required && (whole || f.name in values) && (values[f.name] ?? '') === '')
    .map((f) => ({ field: f.name, code: 'required', message: `请填写${f.label.zh}` }))
}

function list(res: ServerResponse, plural: string, query: URLSearchParams, deleted: boolean) {
  let found = rows(plural).filter((r) => Boolean(r['deleted_at']) === deleted)
  const q = query.get('q')
  if (q) found = found.filter((r) => JSON.stringify(r).toLowerCase().includes(q.toLowerCase()))
  const filter = query.get('filter')
  if (filter) found = found.filter((r) => matches(r, JSON.parse(filter) as Json))
  for (const word of (query.get('sort') ?? '').split(',').filter(Boolean).reverse()) {
    const name = word.replace('-', '')
    const sign = word.startsWith('-') ? -1 : 1
    found = [...found].sort((a, b) => {
      const [x, y] = [a[name] ?? '', b[name] ?? '']
      return sign * (typeof x === 'number' && typeof y === 'number' ? x - y : String(x).localeCompare(String(y), 'zh'))
    })
  }
  const at = Number(query.get('cursor') ?? 0)
  const limit = Number(query.get('limit') ?? 50)
  const items = found.slice(at, at + limit).map((r) => expand(plural, r, query.get('expand') ?? ''))
  send(res, 200, {
    items,
    next: at + limit < found.length ? String(at + limit) : null,
    ...(query.get('count') ? { total: found.length } : {}),
  })
}

async function answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
  const url = new URL(req.url ?? '/', 'http://mock')
  const [one = '', two, three, four] = url.pathname.replace(/^\/api\/v1\//, '').split('/')
  const method = req.method ?? 'GET'
  const raw = method === 'GET' ? Buffer.alloc(0) : await bodyOf(req)
  const json = (): Json => (raw.length ? (JSON.parse(raw.toString()) as Json) : {})

  if (one === 'me' && method === 'GET')
    return send(res, 200, {
      user: { ...rows('users')[0], theme: null },
      permissions: Object.fromEntries(
        ENTITIES.flatMap((e) => ['read', 'create', 'update', 'delete', 'export', 'import', 'convert'].map((a) => [`${e.name}.${a}`, 'all'])),
      ),
      csrf_token: 'mock',
      features: {},
    })
  if (one === 'me') return send(res, 200, {})
  if (one === 'meta') return send(res, 200, { entities: ENTITIES, roles: ROLES })
  if (one === 'logout') return send(res, 204)
  if (one === 'events') {
    res.writeHead(200, { 'Content-Type': 'text/event-stream' })
    res.write(': hello\n\n')
    streams.add(res)
    req.on('close', () => streams.delete(res))
    return
  }
  if (one === 'search') {
    const q = (url.searchParams.get('q') ?? '').toLowerCase()
    const groups = ENTITIES.map((e) => ({
      entity: e.name,
      items: rows(e.plural)
        .filter((r) => !r['deleted_at'] && String(r[e.title_field] ?? '').toLowerCase().includes(q))
        .slice(0, 5)
        .map((r) => ({ id: r.id, title: r[e.title_field], subtitle: r['region'] ?? '', number: r['number'], href: `/${e.plural}/${r.id}` })),
    })).filter((g) => q && g.items.length)
    return send(res, 200, { groups })
  }
  if (one === 'trash') {
    const plural = ENTITIES.find((e) => e.name === url.searchParams.get('entity'))?.plural ?? 'leads'
    return list(res, plural, url.searchParams, true)
  }
  if (one === 'attachments') {
    if (method === 'POST') {
      const name = /filename="([^"]*)"/.exec(raw.toString())?.[1] ?? 'file'
      const field = (key: string) => new RegExp(`name="${key}"\\r\\n\\r\\n([^\\r]*)`).exec(raw.toString())?.[1]
      const row = { id: 9000 + seq++, version: 1, name: Buffer.from(name, 'latin1').toString(), entity: field('entity'), entity_id: Number(field('entity_id')), size: raw.length, revision: 1, created_at: new Date().toISOString(), created_by: ME }
      rows('attachments').push(row)
      return send(res, 201, row)
    }
    if (method === 'GET' && !two) return list(res, 'attachments', url.searchParams, false)
  }
  if (!entityOf(one) && !store[one]) return problem(res, 404, 'not_found', '找不到')
  if (!two) {
    if (method === 'GET') return list(res, one, url.searchParams, false)
    const values = json()
    const errors = check(one, values, true)
    if (errors.length) return problem(res, 422, 'invalid', '有内容需要修改', { errors })
    const now = new Date().toISOString()
    const row: Row = { id: 5000 + rows(one).length, version: 1, number: `N${5000 + rows(one).length}`, created_at: now, updated_at: now, owner_id: ME, ...values }
    rows(one).push(row)
    note(one, row, 'created', [])
    return send(res, 201, row)
  }
  const row = rows(one).find((r) => String(r.id) === two)
  if (!row || (row['deleted_at'] && three !== 'restore')) return problem(res, 404, 'not_found', '找不到这条记录')
  if (three === 'restore') {
    delete row['deleted_at']
    return send(res, 200, row)
  }
  if (three === 'history' || three === 'timeline')
    return send(res, 200, {
      items: (history.get(`${one}/${two}`) ?? []).map((h, i) => ({ seq: i, text: '', ...h })),
      next: null,
    })
  if (three === 'comments' && method === 'POST') {
    const made = { id: 8000 + seq++, version: 1, ...json(), entity: entityOf(one)!.name, entity_id: row.id, created_at: new Date().toISOString(), created_by: ME, author: { id: ME, name: '王芳' } }
    rows('comments').push(made as Row)
    note(one, row, 'commented', [])
    return send(res, 201, made)
  }
  if (three === 'convert') {
    row['status'] = 'converted'
    return send(res, 200, { account_id: rows('accounts')[0]!.id, opportunity_id: rows('opportunities')[0]!.id })
  }
  if (three) return send(res, 200, four ? {} : row)
  if (method === 'GET') return send(res, 200, expand(one, row, url.searchParams.get('expand') ?? ''))
  if (method === 'DELETE') {
    row['deleted_at'] = new Date().toISOString()
    note(one, row, 'deleted', [])
    return send(res, 204)
  }
  const version = Number(String(req.headers['if-match'] ?? '').replaceAll('"', ''))
  if (version !== row.version)
    return problem(res, 412, 'version_conflict', '这条记录刚被别人改过', {
      current: row,
      changes: [{ field: 'phone', old: '', new: row['phone'] ?? '13900000000', who: '李明', when: new Date().toISOString() }],
    })
  const values = json()
  const errors = check(one, values, false)
  if (errors.length) return problem(res, 422, 'invalid', '有内容需要修改', { errors })
  note(one, row, 'updated', Object.keys(values).map((field) => ({ field, old: row[field] ?? null, new: values[field] })))
  Object.assign(row, values, { version: row.version + 1, updated_at: new Date().toISOString() })
  send(res, 200, row)
}

export function mockServer(): Plugin {
  return {
    name: 'mock-server',
    configureServer(server) {
      server.middlewares.use((req, res, next) => {
        if (!req.url?.startsWith('/api/v1/')) return next()
        const slow = Number(process.env['SLOW'] ?? 80)
        setTimeout(() => {
          answer(req, res).catch((error: unknown) => problem(res, 500, 'internal', String(error)))
        }, slow)
      })
    },
  }
}
