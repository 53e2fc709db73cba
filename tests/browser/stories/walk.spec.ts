// The main job, by hand: seven people take one opportunity from a lead through all 28 nodes. Each
// node first refuses with exactly what is missing, each item a link to where it is mended. At the
// end an outsider finds nothing of it, and the log proves it until a byte is changed.
import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { changeFact, choose, date, pick, said, type } from '../pages/form'
import { logInAgain } from '../pages/frame'
import { OpportunityPage } from '../pages/opportunity'
import { expectNotFound } from '../pages/records'
import { nodes, player, type Node, type Output } from '../support/playbook'
import { expect, names, server, test, unique, type Page, type Part } from '../support/story'

const DAY = 86_400_000
const day = (offset: number) => new Date(Date.now() + offset * DAY).toISOString().slice(0, 10)
const GO_LIVE = day(120)
const CONTRACT_END = day(485)
/** Within the ninety days before the contract ends, when value review and renewal begin. */
const RENEWAL = new Date(Date.parse(CONTRACT_END) - 85 * DAY)

/** What earlier nodes have put there already. */
const THERE: Record<string, string[]> = { '4.2': ['meeting'] }

type Pages = Record<Part, Page>

test.use({ baseURL: process.env.TRIPOD_WALK_URL ?? '' })
test.describe.configure({ mode: 'serial', timeout: 420_000 })

let opportunity = 0
let account = 0
const company = unique('恒力精密机械有限公司')

test('seven people walk one opportunity from a lead to the renewal, each node refusing once',
  async ({ as, api, request }) => {
    const at = { baseURL: server('WALK') }
    const pages = {} as Pages
    for (const part of ['sales', 'tech', 'csm', 'manager', 'legal', 'finance', 'techLead'] as const) {
      pages[part] = await as(part, at)
    }
    await test.step('a lead is registered and converted', () => begin(pages.sales))
    const sales = await api('sales')
    const record = await sales.get(`/opportunities/${opportunity}`)
    account = Number(record['account_id'])

    for (const node of nodes) {
      if (node.code === '6.2') {
        // The clock moves; by then every session has ended.
        const moved = await request.post('/api/v1/test/clock', { data: { now: RENEWAL.toISOString() } })
        expect(moved.ok()).toBe(true)
        for (const part of ['sales', 'csm', 'manager'] as const) {
          await logInAgain(pages[part], part, `/opportunities/${opportunity}`)
        }
      }
      await test.step(`${node.code} ${node.name.zh}`, () => walk(pages, node))
    }

    const page = pages.sales
    await page.goto(`/opportunities/${opportunity}?node=6.4`)
    await expect(page.locator('.path-stages .stage-note')).toHaveText([
      '已完成 5/5', '已完成 4/4', '已完成 4/4', '已完成 5/5', '已完成 6/6', /^已完成 4\/\d$/])
    await expect(page.locator('.pagehead').getByText('赢单')).toBeVisible()
  })

async function begin(page: Page): Promise<void> {
  await page.goto('/leads/new')
  await type(page, '公司名称', company)
  await type(page, '联系人', '何建国')
  await type(page, '电话', '0512-66668888')
  await page.getByRole('button', { name: '新建线索' }).click()
  await page.getByRole('button', { name: '转为客户和商机' }).click()
  const dialog = page.getByRole('dialog', { name: `转化线索：${company}` })
  await expect(dialog.getByLabel(/^客户名称/)).toHaveValue(company)
  await dialog.getByLabel('同时建联系人').uncheck()
  await dialog.getByLabel(/^商机名称/).fill('恒力数字化车间')
  await dialog.getByRole('button', { name: '转为客户和商机' }).click()
  await expect(page).toHaveURL(/\/opportunities\/\d+/)
  opportunity = Number(/opportunities\/(\d+)/.exec(page.url())?.[1])
}

async function walk(pages: Pages, node: Node): Promise<void> {
  const owner = player(node.owner_roles)
  const mine = new OpportunityPage(pages[owner], opportunity)
  await mine.open(node.code)

  const wanted = node.outputs.filter((o) => o.required && !THERE[node.code]?.includes(o.key))
  await mine.complete.click()
  await expect(mine.missing).toHaveText(wanted.map((o) => o.label.zh))
  const links = await mine.missing.evaluateAll((all) => all.map((a) => a.getAttribute('href')))
  expect(links).toEqual(wanted.map((o) =>
    `/opportunities/${opportunity}?node=${node.code}&output=${o.key}`))

  // An approval can only be given on what is there.
  const order = [...wanted].sort((a, b) => Number(a.kind === 'approval') - Number(b.kind === 'approval'))
  for (const output of order) await supply(pages, mine, owner, node, output)
  await expect(mine.missing).toHaveCount(0)
  await mine.complete.click()
  await said(pages[owner], `“${node.name.zh}”已完成`)
}

async function supply(
  pages: Pages, mine: OpportunityPage, owner: Part, node: Node, output: Output,
): Promise<void> {
  const label = output.label.zh
  if (output.kind === 'approval') {
    const seats = output.policy?.seats ?? []
    for (const [i, seat] of seats.entries()) {
      const reviewer = player([seat.role])
      const theirs = reviewer === owner ? mine : new OpportunityPage(pages[reviewer], opportunity)
      if (theirs !== mine) await theirs.open(node.code, output.key)
      await theirs.approve(label, i === seats.length - 1)
    }
    return mine.present(label) // by the live feed
  }
  const who = node.code === '1.5' && output.key === 'triangle' ? 'sales' : owner
  const desk = who === owner ? mine : new OpportunityPage(pages[who], opportunity)
  if (who !== owner) await desk.open(node.code, output.key)
  // The refusal's own link leads to the tool.
  else await mine.missing.getByText(label, { exact: true }).click()
  switch (output.kind) {
    case 'file':
      return desk.attach(label, `${output.key}-${node.code}.txt`, `${node.code} ${label} 签署页`)
    case 'record':
      await fill(desk, node.code, output)
      await desk.present(label)
      return mine.present(label)
    default:
      return desk.write(label, `## ${label}\n\n${node.code}：已按要求逐项填写。`)
  }
}

/** What the database must say. */
async function fill(desk: OpportunityPage, code: string, output: Output): Promise<void> {
  const row = await desk.unfold(output.label.zh)
  const { page } = desk
  switch (`${code} ${output.key}`) {
    case '1.1 source':
      return changeFact(row, '来源', (cell) => choose(cell, '来源', '展会峰会'))
    case '1.2 contact_record':
    case '2.2 site_visit':
      await row.getByRole('button', { name: '新建活动' }).click()
      if (code === '1.2') await choose(page.getByRole('dialog'), '类型', '电话')
      await type(page.getByRole('dialog'), '主题', code === '1.2' ? '首次电话沟通' : '到车间看现状')
      return page.getByRole('dialog').getByRole('button', { name: '新建活动' }).click()
    case '1.2 contact_person':
    case '2.1 decision_maker':
      await row.getByRole('button', { name: '新建联系人' }).click()
      await type(page.getByRole('dialog'), '姓名', code === '2.1' ? '梁董' : '何建国')
      return page.getByRole('dialog').getByRole('button', { name: '新建联系人' }).click()
    case '1.3 grade':
      return changeFact(row, '客户等级', (cell) => choose(cell, '客户等级', 'B 重点级'))
    case '1.5 triangle':
      await changeFact(row, '技术顾问（中场）', (cell) => pick(cell, '技术顾问（中场）', names.tech))
      await changeFact(row, '客户成功（后卫）', (cell) => pick(cell, '客户成功（后卫）', names.csm))
      return changeFact(row, '金额', (cell) => type(cell, '金额', '128万'))
    case '3.2 amount':
      return changeFact(row, '预计签约', (cell) => date(cell, '预计签约', day(60)))
    case '4.5 contract_dates':
      await changeFact(row, '计划上线', (cell) => date(cell, '计划上线', GO_LIVE))
      return changeFact(row, '合同到期', (cell) => date(cell, '合同到期', CONTRACT_END))
    default:
      throw new Error(`no way known to fill ${code} ${output.key}`)
  }
}

test('an outsider finds nothing of it: no page, no list, no search', async ({ as, api, sessions }) => {
  sessions.clear() // the clock moved: they have ended
  const sales = await api('sales')
  const page = await as('otherSales', { baseURL: server('WALK') })
  const paths = [`/opportunities/${opportunity}`, `/accounts/${account}`]
  for (const plural of ['contacts', 'activities', 'leads', 'nodes', 'outputs', 'reviews', 'attachments']) {
    const by = plural === 'leads' ? { company_name: { eq: company } }
      : plural === 'attachments' ? { entity: { eq: 'opportunity' }, entity_id: { eq: opportunity } }
        : { account_id: { eq: account } }
    const where = `/${plural}?limit=1&filter=${encodeURIComponent(JSON.stringify(by))}`
    const { items } = await sales.get<{ items: { id: number }[] }>(where)
    expect(items, plural).toHaveLength(1)
    paths.push(`/${plural}/${items[0]?.id}`)
  }
  for (const path of paths) {
    await test.step(path, () => expectNotFound(page, path))
    const answer = await page.request.get(`/api/v1${path}`)
    expect(answer.status(), path).toBe(404)
  }
  await page.goto(`/accounts?q=${encodeURIComponent(company)}`)
  await expect(page.getByText('没有符合条件的客户')).toBeVisible()
  await page.keyboard.press('Control+k')
  await page.getByRole('dialog').getByRole('combobox').fill(company)
  await expect(page.getByRole('dialog').getByText(`没有找到“${company}”`)).toBeVisible()
})

/** `tripod audit verify` on this database. */
function verify(db: string): { code: number; verdict: Record<string, unknown> } {
  const binary = process.env.TRIPOD_BINARY ?? ''
  try {
    const out = execFileSync(binary, ['audit', 'verify', '--json', '--db', db], { encoding: 'utf8' })
    return { code: 0, verdict: JSON.parse(out) as Record<string, unknown> }
  } catch (e) {
    const { status, stdout } = e as { status: number; stdout: string }
    return { code: status, verdict: JSON.parse(stdout) as Record<string, unknown> }
  }
}

test('the log of the walk verifies, and names the row in which a byte was changed', () => {
  const db = process.env.TRIPOD_WALK_DB ?? ''
  const whole = verify(db)
  expect(whole.code, JSON.stringify(whole.verdict)).toBe(0)
  expect(whole.verdict['ok']).toBe(true)

  const folder = mkdtempSync(join(tmpdir(), 'tripod-audit-'))
  try {
    const live = new DatabaseSync(db.slice('sqlite:'.length), { readOnly: true })
    const copy = join(folder, 'copy.db')
    live.exec(`vacuum into '${copy}'`)
    const count = (kind: string) => live.prepare(
      'select count(*) as n from event where opportunity_id = ? and kind = ?').get(opportunity, kind)
    expect(count('node.refused')).toEqual({ n: nodes.length })
    expect(count('node.completed')).toEqual({ n: nodes.length })
    const made = live.prepare("select seq, payload from event where kind = 'lead.created'"
      + ' and payload like ?').get(`%${company}%`) as { seq: number; payload: string }
    live.close()

    // One digit of the telephone number, in the file itself.
    const bytes = readFileSync(copy)
    const row = bytes.indexOf(Buffer.from(made.payload))
    expect(row).toBeGreaterThan(0)
    expect(bytes.indexOf(Buffer.from(made.payload), row + 1)).toBe(-1)
    const digit = bytes.indexOf('0512-66668888', row) + 5
    const changed = join(folder, 'changed.db')
    copyFileSync(copy, changed)
    bytes[digit] = '7'.charCodeAt(0)
    writeFileSync(changed, bytes)

    expect(verify(`sqlite:${copy}`).verdict['ok']).toBe(true)
    const broken = verify(`sqlite:${changed}`)
    expect(broken.code).toBe(1)
    expect(broken.verdict).toMatchObject({ ok: false, reason: 'payload_altered', broken_seq: made.seq })
  } finally {
    rmSync(folder, { recursive: true })
  }
})
