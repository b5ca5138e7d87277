// A file is named for what it holds: noun or verb-noun, and a suffix that says its floor. A drawer (`utils`, `index`)
// says neither, and an unknown suffix would slip past the import rules.

import { basename, dirname } from 'node:path'
import { houseFiles, readText } from './house-files.ts'
import { report } from './report.ts'

const DRAWERS = new Set([
  'utils',
  'util',
  'helpers',
  'helper',
  'common',
  'types',
  'index',
  'misc',
  'lib',
  'stuff',
])
/** What may stand between a file's stem and `.ts`, and what it says. */
const SUFFIXES = new Map([
  ['test', 'a test'],
  ['main', 'a process'],
  ['route', 'one HTTP route'],
  ['job', 'the edge of one queue'],
  ['plugin', 'HTTP that several routes share'],
  ['store', 'SQL'],
  ['sender', 'one vendor'],
  ['client', 'the caller of an HTTP API'],
  ['errors', 'the errors of a noun'],
  ['table', 'the columns of a table'],
  ['database', 'the tables that one service sees'],
  ['schema', 'the form of a foreign body'],
  ['rules', 'rules of a foreign body'],
  ['double', 'a stand-in for a vendor'],
  ['en', 'English text'],
  ['d', 'type declarations'],
])
const CODE = /^(?:services|packages|infra|e2e|bench|chaos)\/.*\.(?:ts|mjs)$/
/** Tests, and what is started by hand, may say in their own words which part of their subject they are. */
const HAS_FLOORS = /^(?:services|packages)\/[^/]+\/src\//
const KEBAB = /^[a-z0-9]+(?:-[a-z0-9]+)*$/
const RE_EXPORT = /^export\s+(?:type\s+)?(?:\*|\{[^}]*\})[^;\n]*\bfrom\s*['"][^'"]+['"]\s*$/gm

export function checkNames(root: string): string[] {
  return houseFiles(root)
    .filter((file) => CODE.test(file))
    .flatMap((file) => [...nameFaults(file), ...barrelFault(file, readText(root, file) ?? '')])
}

function nameFaults(file: string): string[] {
  const [stem = '', ...suffixes] = basename(file)
    .replace(/\.(?:ts|mjs)$/, '')
    .split('.')
  const drawer = [...dirname(file).split('/'), stem, stem.split('-').at(-1) ?? '', ...suffixes].find((word) =>
    DRAWERS.has(word),
  )
  const odd = HAS_FLOORS.test(file) ? suffixes.find((suffix) => !SUFFIXES.has(suffix)) : undefined
  return [
    ...(drawer === undefined
      ? []
      : [`${file}: "${drawer}" names a drawer, not a thing. Name the file for what it holds.`]),
    ...(KEBAB.test(stem)
      ? []
      : [`${file}: write the name in lower case with hyphens, as issue-challenge.ts.`]),
    ...(odd === undefined
      ? []
      : [`${file}: .${odd} is no suffix of ours (${[...SUFFIXES.keys()].join(', ')}).`]),
  ]
}

/** A file of nothing but re-exports is a barrel, whatever its name. */
function barrelFault(file: string, text: string): string[] {
  const code = text.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '').trim()
  const left = code.replace(RE_EXPORT, '').trim()
  return code !== '' && left === ''
    ? [`${file} only passes on what others export: import the files themselves.`]
    : []
}

if (import.meta.main) await report(checkNames)
