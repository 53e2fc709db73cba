// Working-day calendars: a span of days taken off, a half day, back to the rule; a year imported.
import { said } from '../pages/form'
import { expect, test, unique } from '../support/story'

test('days of a calendar are taken off and given back', async ({ as, api }) => {
  const admin = await api('admin')
  const code = unique('cal').slice(0, 20)
  const cal = await admin.post('/calendars', { code, name: `日历 ${code}` })
  const desk = await as('admin')
  await desk.goto(`/calendars/${cal.id}`)
  await desk.getByRole('tab', { name: '全年' }).click()
  const year = Number(await desk.getByRole('heading', { level: 2, name: /^\d{4}$/ }).textContent())
  const cell = (day: string) => desk.getByRole('button', { name: new RegExp(`^${year}-${day} ·`) })
  await cell('03-10').click()
  await cell('03-12').click({ modifiers: ['Shift'] })
  await expect(desk.getByText(`已选 3 天：${year}-03-10 至 ${year}-03-12`)).toBeVisible()
  await desk.getByRole('radio', { name: '放假' }).check({ force: true })
  await desk.getByRole('textbox', { name: '名目（如“春节”）' }).fill('厂庆')
  await desk.getByRole('button', { name: '保存安排' }).click()
  await said(desk, '已保存 3 天的安排，新的时限按此计算')
  await expect(cell('03-11')).toHaveAccessibleName(`${year}-03-11 · 放假 · 厂庆`)

  await cell('03-11').click()
  await desk.getByRole('radio', { name: '半天班' }).check({ force: true })
  await desk.getByRole('button', { name: '保存安排' }).click()
  await expect(cell('03-11')).toHaveAccessibleName(`${year}-03-11 · 半天班 · 厂庆`)

  // by keyboard, back to the rule
  await cell('03-12').focus()
  await desk.keyboard.press('Enter')
  await desk.getByRole('radio', { name: '按规律' }).check({ force: true })
  await desk.getByRole('button', { name: '保存安排' }).click()
  await expect(cell('03-12')).not.toHaveAccessibleName(/厂庆/)
  const kept = await admin.get(`/calendar_days?filter=${encodeURIComponent(JSON.stringify({ calendar_id: { eq: cal.id } }))}`)
  expect((kept.items as { day: string; work: string }[]).map((day) => [day.day, day.work])).toEqual([
    [`${year}-03-10`, 'off'],
    [`${year}-03-11`, 'half'],
  ])
})

test('a year is imported from a file, and a false file is refused', async ({ as, api }) => {
  const admin = await api('admin')
  const code = unique('imp').slice(0, 20)
  const cal = await admin.post('/calendars', { code, name: `日历 ${code}` })
  const desk = await as('admin')
  await desk.goto(`/calendars/${cal.id}`)
  await desk.getByRole('tab', { name: '全年' }).click()
  const year = Number(await desk.getByRole('heading', { level: 2, name: /^\d{4}$/ }).textContent())
  const give = (text: string) =>
    desk.getByLabel('导入一年的放假安排').first().setInputFiles({ name: 'year.json', mimeType: 'application/json', buffer: Buffer.from(text) })
  await give('no json')
  await expect(desk.getByRole('alert').filter({ hasText: '不是有效的日历文件' })).toBeVisible()
  await give(JSON.stringify({ years: [{ year, holidays: [{ name: { zh: '元旦' }, from: `${year}-01-01`, to: `${year}-01-03`, makeup: [`${year}-01-10`] }] }] }))
  await said(desk, '已导入 4 天')
  await expect(desk.getByRole('button', { name: `${year}-01-02 · 放假 · 元旦` })).toBeVisible()
})

test('who may not change calendars reads them', async ({ as, api }) => {
  const admin = await api('admin')
  const found = await admin.get(`/calendars?filter=${encodeURIComponent('{"code":{"eq":"cn"}}')}`)
  const [cn] = found.items as { id: number }[]
  const desk = await as('sales')
  await desk.goto(`/calendars/${cn?.id}`)
  await desk.getByRole('tab', { name: '全年' }).click()
  await expect(desk.getByRole('heading', { level: 2, name: /^\d{4}$/ })).toBeVisible()
  await expect(desk.getByRole('button', { name: '导入一年的放假安排' })).toHaveCount(0)
})
