// Tells whether a file or folder that a page names is there. `<name>`, `*`, `{a,b}` and `…` stand for any.

import type { House } from './house.ts'
import { literal } from './literal.ts'

const TOP = /^(?:\.\/)?(?:services|packages|infra|docs|e2e|bench|chaos|\.ci)(?:\/|$)/
const EXTENSION = /\.(?:ts|mjs|md|sql|ya?ml|json|html|css|sh)$/
const PATH = /^[\w.@<>*{},…-]+(?:\/[\w.@<>*{},…-]+)*\/?$/
const PACKAGE = /^@postern\/([a-z-]+)\/(.+)$/

/** What is missing when `text` names something of the repository; null when it does not, or it is there. */
export function missingPath(text: string, house: House): string | null {
  // A folder that somebody chooses holds what the code puts there.
  const path = text.replace(/:\d+(?:-\d+)?$/, '').replace(/^(?:\.|<[\w-]+>)\//, '')
  const [, name, file] = PACKAGE.exec(path) ?? []
  if (name !== undefined) return isThere(`packages/${name}/src/${file}.ts`, house) ? null : path
  if (!PATH.test(path) || path.startsWith('@')) return null
  if (path.includes('/') && TOP.test(path)) return isThere(path, house) ? null : path
  if (!EXTENSION.test(path)) return null
  return isThere(`**/${path}`, house) || isMadeAtRunTime(path, house) ? null : path
}

/** The paths of the repository in a line of a fenced block. */
export function pathsInBlock(line: string): string[] {
  return line.match(/(?<![\w./@~-])(?:services|packages|infra|docs|e2e|bench|chaos)\/[\w./-]*\w/g) ?? []
}

function isThere(path: string, { files, folders }: House): boolean {
  const plain = path.replace(/\/$/, '')
  if (files.has(plain) || folders.has(plain)) return true
  if (!/[*<{…]/.test(plain)) return false
  const pattern = patternOf(plain)
  return [...files, ...folders].some((known) => pattern.test(known))
}

function patternOf(path: string): RegExp {
  const parts = path.split(/(\*\*\/|\*\*|\*|<[^>]+>|\{[^}]+\}|…)/)
  const source = parts.map((part, at) => (at % 2 === 0 ? literal(part) : wild(part))).join('')
  return new RegExp(`^${source}$`)
}

function wild(part: string): string {
  if (part === '**/') return '(?:.*/)?'
  if (part === '**' || part === '…') return '.*'
  if (part.startsWith('{')) return `(?:${part.slice(1, -1).split(',').map(literal).join('|')})`
  return '[^/]*'
}

/** dev.json and the like: no file of ours, but the code names it. */
function isMadeAtRunTime(path: string, house: House): boolean {
  return !path.includes('/') && house.has(path)
}
