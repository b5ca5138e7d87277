// Bodies of the template routes, and the variables that messages are made with.

import { type Static, Type } from 'typebox'
import { Instant, Locale, Nullable } from './fields.ts'
import { PageQuery } from './paging.ts'

const closed = { additionalProperties: false } as const

export const TemplateName = Type.String({ pattern: '^[a-z][a-z0-9_-]{0,63}$' })

export const TemplateParams = Type.Object({ name: TemplateName, locale: Locale }, closed)

const liquid = Type.String({ minLength: 1, maxLength: 100_000, description: 'Liquid' })
const EmailSource = Type.Object(
  { subject: liquid, html: Type.Optional(Nullable(liquid)), text: liquid },
  { ...closed, description: 'the text part is needed, the HTML part is not' },
)
const SmsSource = Type.Object({ text: liquid }, closed)

const version = Type.Integer({ minimum: 0, maximum: 2_147_483_647 })

export const PutTemplateBody = Type.Object(
  {
    email: Type.Optional(Nullable(EmailSource)),
    sms: Type.Optional(Nullable(SmsSource)),
    version: Type.Optional({
      ...version,
      description: 'of what is replaced, 0 where there is nothing yet: refused when it is not the newest',
    }),
  },
  closed,
)
export type PutTemplateBody = Static<typeof PutTemplateBody>

export const Template = Type.Object({
  name: Type.String(),
  locale: Type.String(),
  version: { ...version, description: '0: built in' },
  built_in: Type.Boolean(),
  email: Nullable(
    Type.Object({ subject: Type.String(), html: Nullable(Type.String()), text: Type.String() }),
  ),
  sms: Nullable(Type.Object({ text: Type.String() })),
  created_at: Nullable(Instant),
})
export type Template = Static<typeof Template>

export const TemplateQuery = Type.Object(
  { version: Type.Optional({ ...version, description: 'the newest unless told' }) },
  closed,
)

/** A template as lists show it. */
export const TemplateSummary = Type.Object({
  name: Type.String(),
  locale: Type.String(),
  version,
  channels: Type.Array(Type.Enum(['email', 'sms'])),
  created_at: Instant,
})
export type TemplateSummary = Static<typeof TemplateSummary>

export const TemplatesQuery = Type.Object(PageQuery, closed)

const VARIABLE = '^[A-Za-z][A-Za-z0-9_]{0,63}$'
const Scalar = Type.Union([Type.String({ maxLength: 10_000 }), Type.Number(), Type.Boolean(), Type.Null()])
const record = <S extends Parameters<typeof Type.Record>[1]>(value: S, maxProperties: number) =>
  Type.Record(Type.String({ pattern: VARIABLE }), value, { ...closed, maxProperties })
const Entry = record(Scalar, 20)

/** What a message is made with: texts, numbers, flat groups of them, and lists of both. */
export const TemplateVariables = record(
  Type.Union([Scalar, Entry, Type.Array(Type.Union([Scalar, Entry]), { maxItems: 100 })]),
  50,
)
export type TemplateVariables = Static<typeof TemplateVariables>

export const PreviewTemplateBody = Type.Object(
  {
    channel: Type.Optional(
      Type.Enum(['email', 'sms'], { description: 'the one that is given; e-mail where both are' }),
    ),
    email: Type.Optional(Nullable(EmailSource)),
    sms: Type.Optional(Nullable(SmsSource)),
    variables: Type.Optional(TemplateVariables),
  },
  closed,
)
export type PreviewTemplateBody = Static<typeof PreviewTemplateBody>

export const TemplatePreview = Type.Object({
  channel: Type.Enum(['email', 'sms']),
  locale: { ...Type.String(), description: 'of what was rendered' },
  version: Nullable({ ...version, description: '0: built in; null: the draft of the request' }),
  subject: Nullable(Type.String()),
  html: Nullable(Type.String()),
  text: Type.String(),
})
export type TemplatePreview = Static<typeof TemplatePreview>
