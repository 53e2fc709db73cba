// Fails when a language file lacks a key of zh-CN, has one too many, is empty, or disagrees
// about the placeholders of a sentence, or a sentence does not compile (a bare | or @ breaks the page
// that shows it). zh-CN is the schema.
import { baseCompile } from '@intlify/message-compiler'
import { globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

const flat = (value, path = '') =>
  typeof value === 'string'
    ? [[path, value]]
    : Object.entries(value).flatMap(([k, v]) => flat(v, path ? `${path}.${k}` : k))
const holes = (text) => [...new Set(text.match(/\{[a-z_]+\}/gi) ?? [])].sort().join()

let faults = 0
const fault = (text) => {
  faults++
  console.error(text)
}
const compiles = (file, key, text) =>
  baseCompile(text, { onError: (e) => fault(`${file}: ${key}: ${e.message}`) })
const files = globSync('src/**/zh-CN.json')
for (const file of files) {
  const zh = new Map(flat(JSON.parse(readFileSync(file, 'utf8'))))
  const other = join(dirname(file), 'en-US.json')
  const en = new Map(flat(JSON.parse(readFileSync(other, 'utf8'))))
  for (const [key, text] of zh) {
    if (!text.trim()) fault(`${file}: ${key} is empty`)
    compiles(file, key, text)
    if (!en.get(key)?.trim()) fault(`${other}: ${key} is missing`)
    else if (holes(text) !== holes(en.get(key))) fault(`${other}: ${key} has other placeholders`)
  }
  for (const [key, text] of en) compiles(other, key, text)
  for (const key of en.keys()) if (!zh.has(key)) fault(`${other}: ${key} is not in zh-CN`)
}
if (!files.length) fault('no locale files found')
if (faults) process.exit(1)
console.log(`${files.length} locale pairs agree`)
