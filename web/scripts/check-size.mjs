// Fails when the built front end is heavier than its budget (KB = 1,024 bytes, gzip level 9).
// "First route" is the entry and everything it imports statically, plus the heaviest lazily
// loaded route with its own static imports.
import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'

const BUDGET = { js: 180, css: 20, chart: 250, chunk: 60 }
const dist = new URL('../dist/', import.meta.url)
const manifest = JSON.parse(readFileSync(new URL('.vite/manifest.json', dist), 'utf8'))
const sizes = new Map()
const kb = (file) => {
  if (!sizes.has(file))
    sizes.set(file, gzipSync(readFileSync(new URL(file, dist)), { level: 9 }).length / 1024)
  return sizes.get(file)
}
const closure = (key, seen = new Set()) => {
  if (seen.has(key)) return seen
  seen.add(key)
  for (const next of manifest[key].imports ?? []) closure(next, seen)
  return seen
}
const weigh = (keys) => {
  const js = new Set()
  const css = new Set()
  for (const key of keys) {
    js.add(manifest[key].file)
    for (const file of manifest[key].css ?? []) css.add(file)
  }
  const sum = (files) => [...files].reduce((total, file) => total + kb(file), 0)
  return { js: sum(js), css: sum(css) }
}

const entry = Object.keys(manifest).find((key) => manifest[key].isEntry)
const first = closure(entry)
let worst = { js: 0, css: 0, route: '' }
for (const key of Object.keys(manifest)) {
  if (!manifest[key].isDynamicEntry || !/Page\.vue$/.test(key)) continue
  const { js, css } = weigh(new Set([...first, ...closure(key)]))
  if (js > worst.js) worst = { js, css: Math.max(css, worst.css), route: key }
  else if (css > worst.css) worst.css = css
}
const base = weigh(first)
const faults = []
const check = (name, value, limit) => {
  console.log(`${name.padEnd(44)} ${value.toFixed(1).padStart(7)} KB of ${limit}`)
  if (value > limit) faults.push(name)
}
check('entry: script', base.js, BUDGET.js)
check('entry: style', base.css, BUDGET.css)
check(`heaviest first route: script (${worst.route.split('/').pop()})`, worst.js, BUDGET.js)
check('heaviest first route: style', worst.css, BUDGET.css)
const initial = new Set([...first].map((key) => manifest[key].file))
for (const { file } of Object.values(manifest)) {
  if (!file.endsWith('.js') || initial.has(file)) continue
  const chart = /chart/i.test(file)
  const limit = chart ? BUDGET.chart : BUDGET.chunk
  if (kb(file) > limit) check(`chunk ${file}`, kb(file), limit)
}
if (faults.length) {
  console.error(`over budget: ${faults.join(', ')}`)
  process.exit(1)
}
