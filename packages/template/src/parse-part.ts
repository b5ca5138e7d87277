// Reads one part of a template, or says where it cannot be read. What was read is remembered for a while: the same few
// templates are rendered again and again.

import { type Liquid, type Template, Tokenizer, TokenKind, type TopLevelToken } from 'liquidjs'
import { failed, templateErrorOf } from './engine-problem.ts'
import { HtmlPlaces } from './html-places.ts'
import { HTML, TEXT } from './liquid-engine.ts'
import { type PartName, SOURCE_LIMITS } from './template-parts.ts'

/** Characters of one tag or output. */
const MAX_TAG = 2_000
/** Blocks within blocks. */
const MAX_DEPTH = 20
const BLOCKS = new Set(['case', 'for', 'if', 'unless'])

/** Tabs and line ends aside; halves of characters too. Postgres and vendors take neither. */
const CONTROL = /(?![\t\n\r])[\p{Cc}\p{Cs}]/u

export interface ParsedPart {
  readonly engine: Liquid
  readonly templates: Template[]
}

/** Characters of tags and outputs that all of what is remembered may have: each becomes some 200 bytes. */
const MAX_REMEMBERED = 200_000
const remembered = new Map<string, { readonly part: ParsedPart; readonly weight: number }>()
let rememberedWeight = 0

/** @throws {TemplateError} `template_failed`, with where and what */
export function parsePart(part: PartName, source: string): ParsedPart {
  const key = `${part} ${source}`
  const known = remembered.get(key)
  if (known !== undefined) return known.part
  refuseUnfit(part, source)
  const engine = part === 'email.html' ? HTML : TEXT
  const { templates, weight } = parse(engine, part, source)
  const parsed = { engine, templates }
  remember(key, parsed, weight)
  return parsed
}

/** By their weight, not their number: few that are all tags take as much memory as very many others. */
function remember(key: string, part: ParsedPart, weight: number): void {
  remembered.set(key, { part, weight })
  rememberedWeight += weight
  for (const [oldest, { weight: freed }] of remembered) {
    if (rememberedWeight <= MAX_REMEMBERED) break
    remembered.delete(oldest)
    rememberedWeight -= freed
  }
}

function refuseUnfit(part: PartName, source: string): void {
  const limit = SOURCE_LIMITS[part]
  if (source.length > limit) throw failed(part, 1, 1, `is longer than ${limit} characters`)
  if (source.trim() === '') throw failed(part, 1, 1, 'is empty')
  const control = (part === 'email.subject' ? /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u : CONTROL).exec(source)
  if (control === null) return
  const before = source.slice(0, control.index).split('\n')
  const isLineEnd = /[\n\r\p{Zl}\p{Zp}]/u.test(control[0])
  const problem = isLineEnd ? 'must be one line' : 'has a control character here'
  throw failed(part, before.length, (before.at(-1)?.length ?? 0) + 1, problem)
}

function parse(engine: Liquid, part: PartName, source: string): { templates: Template[]; weight: number } {
  try {
    const tokens = new Tokenizer(source).readTopLevelTokens(engine.options)
    refuseTooMuch(part, tokens)
    const templates = engine.parse(source)
    if (part === 'email.html') refusePlaces(part, tokens)
    return { templates, weight: weightOf(source, tokens) }
  } catch (error) {
    throw error instanceof Error && error.name === 'TemplateError' ? error : templateErrorOf(part, error)
  }
}

/** What stands beside them is kept as text: it counts a hundredth. */
function weightOf(source: string, tokens: readonly TopLevelToken[]): number {
  const active = tokens.filter(({ kind }) => kind !== TokenKind.HTML)
  return active.reduce((sum, token) => sum + token.size(), 100 + source.length / 100)
}

function failedAt(part: PartName, token: TopLevelToken, problem: string) {
  const [line = 1, column = 1] = token.getPosition()
  return failed(part, line, column, problem)
}

/** Before the engine reads it: it would descend as deep as the template goes. */
function refuseTooMuch(part: PartName, tokens: readonly TopLevelToken[]): void {
  let depth = 0
  for (const token of tokens) {
    if (token.kind !== TokenKind.HTML && token.size() > MAX_TAG)
      throw failedAt(part, token, `is longer than ${MAX_TAG} characters`)
    if (!('name' in token)) continue
    const name = String(token.name)
    if (BLOCKS.has(name)) depth++
    else if (name.startsWith('end') && BLOCKS.has(name.slice(3))) depth--
    if (depth <= MAX_DEPTH) continue
    throw failedAt(part, token, `is nested deeper than ${MAX_DEPTH} blocks`)
  }
}

/** As it is printed: blanks beside `{{-` and `-}}` are gone. Of a tag or an output: empty. */
export const htmlOf = (token: TopLevelToken): string =>
  token.kind === TokenKind.HTML && 'getContent' in token ? token.getContent() : ''

/** A branch is read as if it stood there always: whichever is taken, the place is the same in any page that is one. */
function refusePlaces(part: PartName, tokens: readonly TopLevelToken[]): void {
  const places = new HtmlPlaces()
  for (const token of tokens) {
    if (token.kind === TokenKind.HTML) places.read(htmlOf(token))
    if (token.kind !== TokenKind.Output) continue
    places.value()
    const problem = places.refusal()
    if (problem === null) continue
    throw failedAt(part, token, problem)
  }
}
