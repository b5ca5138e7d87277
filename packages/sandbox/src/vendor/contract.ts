// Whether a call and its answer are what the vendor's published API says, by our own schemas of it. Everything is closed: what
// no schema names is a finding. For tests, which hold both sides to it: the senders' requests and the doubles' answers.

import { type TSchema, Type } from 'typebox'
import { Compile } from 'typebox/compile'

/** One call as it went over the wire, with its answer. Names of headers are in lower case. */
export interface Exchange {
  readonly method: string
  /** Below the API's root: `/v3/mail/send`. */
  readonly path: string
  /** Without the question mark. */
  readonly query: string
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: string
  readonly answer: {
    readonly status: number
    readonly headers: Readonly<Record<string, string | undefined>>
    readonly body: string
  }
}

/** Findings about a body; none: it is right. */
export type BodyRule = (body: string) => readonly string[]

export interface Part {
  /** Headers that must be there, and their forms. */
  readonly headers: Readonly<Record<string, RegExp>>
  readonly body: BodyRule
}

export interface Operation {
  readonly method: string
  readonly path: RegExp
  readonly query: BodyRule
  readonly request: Part
  /** undefined: the API never answers so. */
  answer(status: number): Part | undefined
}

/** What is wrong with the exchange, a line a finding; none: both sides keep the contract. */
export function contractFaults(operations: readonly Operation[], exchange: Exchange): string[] {
  const { method, path, query, answer } = exchange
  const operation = operations.find((each) => each.method === method && each.path.test(path))
  if (operation === undefined) return [`the API has no ${method} ${path}`]
  const part = operation.answer(answer.status)
  const answered =
    part === undefined
      ? [`answer: no status ${answer.status} is documented`]
      : partFaults('answer', part, answer)
  return [
    ...operation.query(query).map((fault) => `query: ${fault}`),
    ...partFaults('request', operation.request, exchange),
    ...answered,
  ]
}

function partFaults(
  which: string,
  { headers, body }: Part,
  given: Pick<Exchange, 'headers' | 'body'>,
): string[] {
  const wrong = Object.entries(headers).filter(([name, form]) => !form.test(given.headers[name] ?? ''))
  return [
    ...wrong.map(([name]) => `${which}: the header ${name} is missing or in another form`),
    ...body(given.body).map((fault) => `${which}: ${fault}`),
  ]
}

export const JSON_TYPE = { 'content-type': /^application\/json\s*(;|$)/ } as const
const closed = { additionalProperties: false } as const

/** An object of which no field may be left out and none added. */
export const whole = <P extends Record<string, TSchema>>(fields: P) => Type.Object(fields, closed)
export const nullable = <S extends TSchema>(schema: S) => Type.Union([schema, Type.Null()])

export const empty: BodyRule = (body) => (body === '' ? [] : ['there is a body'])
export const anything: BodyRule = () => []

export function json(schema: TSchema): BodyRule {
  const check = checked(schema)
  return (body) => {
    try {
      return check(JSON.parse(body))
    } catch {
      return ['the body is no JSON']
    }
  }
}

/** @param read a form or query into the fields that the schema names */
export function form(schema: TSchema, read: (text: string) => unknown): BodyRule {
  const check = checked(schema)
  return (body) => check(read(body))
}

function checked(schema: TSchema): (value: unknown) => string[] {
  const compiled = Compile(schema)
  return (value) =>
    compiled.Check(value)
      ? []
      : compiled.Errors(value).map(({ instancePath, message }) => `${instancePath || 'the body'} ${message}`)
}
