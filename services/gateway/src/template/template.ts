// What a template must be, in which form it is shown, and how its problems are told to whoever wrote it.

import type { Template, TemplateSummary } from '@postern/contracts/http/template'
import { AppError } from '@postern/service-kit/app-error'
import { checkTemplate } from '@postern/template/check-template'
import { secretProblem } from '@postern/template/secret-places'
import type { Problem } from '@postern/template/template-error'
import type { EmailParts, TemplateParts } from '@postern/template/template-parts'
import { usedVariables } from '@postern/template/used-variables'

/** Templates of one tenant, by name and locale. */
export const MAX_TEMPLATES = 1_000

/** Bytes. An HTML part may fill the most of it. */
export const TEMPLATE_BODY_LIMIT = 512 * 1024

/** What Postern itself sends by, and what it gives: any other variable would never be there. */
const GIVEN: ReadonlyMap<string, readonly string[]> = new Map([
  ['magic_link', ['tenant_name', 'link', 'minutes', 'origin_domain']],
  ['otp', ['tenant_name', 'code', 'minutes', 'origin_domain']],
])
/** Of those, what every text of the template must show, and nobody but the recipient may see. */
const SHOWN: ReadonlyMap<string, string> = new Map([
  ['magic_link', 'link'],
  ['otp', 'code'],
])

export interface TemplateSource {
  readonly email?: { subject: string; html?: string | null; text: string } | null
  readonly sms?: { text: string } | null
}

export function partsOfSource({ email, sms }: TemplateSource): TemplateParts {
  const mail: EmailParts | null = email ? { ...email, html: email.html ?? null } : null
  return { email: mail, sms: sms ?? null }
}

/** @throws AppError VALIDATION_FAILED with every problem, each with its line and column */
export function checkParts(name: string, parts: TemplateParts): void {
  if (parts.email === null && parts.sms === null)
    throw refusal([{ path: 'body', problem: 'needs email, sms or both' }])
  if (name === 'magic_link' && parts.sms !== null)
    throw refusal([{ path: 'body.sms', problem: 'is not for links: they go by e-mail' }])
  const problems = checkTemplate(parts)
  if (problems.length > 0) throw refusal(problems.map(detailOf))
  const strangers = problemsOfGiven(name, parts)
  if (strangers.length > 0) throw refusal(strangers.slice(0, 5))
  const secret = SHOWN.get(name)
  const found = secret && parts.email?.html ? secretProblem(parts.email.html, secret) : null
  if (found !== null) throw refusal([detailOf(found)])
}

function problemsOfGiven(name: string, parts: TemplateParts): Record<string, unknown>[] {
  const given = GIVEN.get(name)
  if (given === undefined) return []
  const used = usedVariables(parts)
  const strangers = used
    .filter((variable) => !given.includes(variable.name))
    .map(({ name: variable, part, line, column }) =>
      detailOf({ part, line, column, problem: `the variable “${variable.slice(0, 64)}” is not given here` }),
    )
  const shown = SHOWN.get(name)
  const silent = (['email.text', 'email.html', 'sms.text'] as const).filter(
    (part) => partIsThere(parts, part) && !used.some((each) => each.part === part && each.name === shown),
  )
  return [
    ...strangers,
    ...silent.map((part) => ({ path: `body.${part}`, problem: `must show {{ ${shown} }}` })),
  ]
}

function partIsThere({ email, sms }: TemplateParts, part: 'email.text' | 'email.html' | 'sms.text'): boolean {
  if (part === 'sms.text') return sms !== null
  return email !== null && (part === 'email.text' || email.html !== null)
}

export const detailOf = ({ part, line, column, problem }: Problem) => ({
  path: `body.${part}`,
  line,
  column,
  problem,
})

export const refusal = (details: Record<string, unknown>[]): AppError =>
  new AppError('VALIDATION_FAILED', { reason: 'the template is refused', details })

export const noSuchTemplate = () => new AppError('NOT_FOUND', { reason: 'no such template' })

/** As such tags are written: `de-AT`, `zh-Hant-TW` (RFC 5646, section 2.1.1). */
export const showLocale = (locale: string): string =>
  locale
    .split('-')
    .map((part, at) => {
      if (at === 0 || !/^[a-z]+$/.test(part)) return part
      if (part.length === 2) return part.toUpperCase()
      return part.length === 4 ? `${part.charAt(0).toUpperCase()}${part.slice(1)}` : part
    })
    .join('-')

export interface TemplateFacts {
  readonly name: string
  readonly locale: string
  readonly version: number
  readonly parts: TemplateParts
  /** null: built in */
  readonly createdAt: Date | null
}

export const showTemplate = ({ name, locale, version, parts, createdAt }: TemplateFacts): Template => ({
  name,
  locale: showLocale(locale),
  version,
  built_in: version === 0,
  email: parts.email,
  sms: parts.sms,
  created_at: createdAt?.toISOString() ?? null,
})

export const showSummary = (
  row: Omit<TemplateSummary, 'created_at'> & { created_at: Date },
): TemplateSummary => ({
  ...row,
  locale: showLocale(row.locale),
  created_at: row.created_at.toISOString(),
})
