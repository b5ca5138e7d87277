// What a page names and what does not exist: links and anchors, commands, paths, settings, codes, kinds, routes.

import { posix } from 'node:path'
import { ERROR_CODES } from '@postern/contracts/error-codes'
import { EVENT_KINDS } from '@postern/contracts/event-kinds'
import { SCOPES } from '@postern/contracts/scopes'
import { apiPathsIn, isAnswered } from './api-paths.ts'
import type { House } from './house.ts'
import { anchorsOf, type Named, type Page } from './markdown.ts'
import { missingPath, pathsInBlock } from './repo-paths.ts'

export function pageFaults(page: Page, house: House): string[] {
  const told = (found: readonly Named[], faults: (text: string) => string[]) =>
    found.flatMap(({ text, line }) => faults(text).map((fault) => `${page.path}:${line} ${fault}`))
  const anywhere = [...page.spans, ...page.blocks]
  return [
    ...told(page.links, (target) => linkFaults(target, page, house)),
    ...told(page.spans, (span) => spanFaults(span, house)),
    ...told(page.blocks, (line) => blockFaults(line, house)),
    ...told(anywhere, (text) => commandFaults(text, house)),
    ...told(anywhere, (text) => settingFaults(text, house)),
    ...told(anywhere, (text) => routeFaults(text, house)),
  ]
}

function linkFaults(target: string, page: Page, house: House): string[] {
  if (/^(?:https?|mailto):/.test(target)) return []
  const [file = '', anchor] = target.split('#')
  const path = posix.join(posix.dirname(page.path), decodeURIComponent(file)).replace(/\/$/, '')
  if (file !== '' && !house.files.has(path) && !house.folders.has(path))
    return [`links to ${target}, which is not there.`]
  const linked = file === '' ? page : house.pages.get(path)
  if (anchor === undefined || linked === undefined || anchorsOf(linked).has(anchor)) return []
  return [`links to ${target}, but ${linked.path} has no heading of that name.`]
}

function spanFaults(span: string, house: House): string[] {
  const missing = missingPath(span, house)
  return [
    ...(missing === null ? [] : [`names ${missing}, which is not there.`]),
    ...(isUnknownWord(span, house) ? [`names ${span}, which is no error code and no word of the code.`] : []),
    ...(isUnknownKind(span, house) ? [`names ${span}, which is no event kind and no column.`] : []),
    ...(isUnknownScope(span) ? [`names ${span}, which is no scope.`] : []),
  ]
}

function blockFaults(line: string, house: House): string[] {
  return pathsInBlock(line)
    .map((path) => missingPath(path, house))
    .flatMap((missing) => (missing === null ? [] : [`names ${missing}, which is not there.`]))
}

function commandFaults(text: string, { scripts }: House): string[] {
  const runs = [...text.matchAll(/\bnpm (?:run(?:-script)?(?: -s| --silent)? ([\w:-]+)|(start|test)\b)/g)]
  return runs
    .map(([, script, short]) => script ?? short ?? '')
    .filter((script) => !scripts.has(script))
    .map((script) => `names the command npm run ${script}, which package.json does not have.`)
}

function settingFaults(text: string, { settings }: House): string[] {
  // A name that ends with an underscore stands for all that begin so.
  return (text.match(/\bPOSTERN_[A-Z0-9_]*(?![\w*…])/g) ?? [])
    .filter((name) => !name.endsWith('_') && !settings.has(name))
    .map((name) => `names the setting ${name}, which nothing reads.`)
}

function routeFaults(text: string, { routes }: House): string[] {
  return apiPathsIn(text)
    .filter((path) => !path.includes('…') && !isAnswered(path, routes))
    .map((path) => `names ${path}, which no route answers.`)
}

/** Error codes, constants and metric names; words of one piece cannot be told from plain capitals. */
function isUnknownWord(span: string, house: House): boolean {
  const isCode = /^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+$/.test(span) && !span.startsWith('POSTERN_')
  const isMetric = /^postern_[a-z0-9_]+$/.test(span)
  return (isCode || isMetric) && !Object.hasOwn(ERROR_CODES, span) && !house.has(span)
}

const KIND_NOUNS = new Set(Object.keys(EVENT_KINDS).map((kind) => kind.split('.')[0]))

function isUnknownKind(span: string, house: House): boolean {
  const [, noun, fact = ''] = /^([a-z_]+)\.([a-z_]+)$/.exec(span) ?? []
  if (noun === undefined || !KIND_NOUNS.has(noun) || Object.hasOwn(EVENT_KINDS, span)) return false
  const isFile = [...house.files].some((file) => file.includes(`/${span}.`) || file.endsWith(`/${span}`))
  const isColumn = house.sources.some(
    (file) => /\/tables\//.test(file) && new RegExp(`\\b${fact}:`).test(house.source(file)),
  )
  return !isFile && !isColumn
}

function isUnknownScope(span: string): boolean {
  return /^[a-z]+:(?:read|write|verify)$/.test(span) && !(SCOPES as readonly string[]).includes(span)
}
