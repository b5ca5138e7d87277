// The negative controls of the contract: an exchange that keeps it, spoilt in one place at a time. Each must be found.

import type { Exchange } from '@postern/sandbox/vendor/contract'

export interface Mutation {
  readonly what: string
  readonly exchange: Exchange
}

/** What the body of a request may not lack, at its top. */
const REQUIRED = ['personalizations', 'from', 'Content', 'id', 'tenant', 'attempt', 'channel', 'to', 'text']
/** Maps in which the API lets its callers name what they like. */
const FREE = new Set(['custom_args', 'headers', 'help'])

export function mutationsOf(exchange: Exchange): Mutation[] {
  return [...requestMutations(exchange), ...answerMutations(exchange)]
}

function requestMutations(exchange: Exchange): Mutation[] {
  const { method, path, query, headers, body } = exchange
  const change = (what: string, changed: Partial<Exchange>) => ({
    what: `request: ${what}`,
    exchange: { ...exchange, ...changed },
  })
  const dropped = [
    'authorization',
    'x-api-key',
    'x-signature',
    'x-timestamp',
    'idempotency-key',
    'x-amz-date',
  ]
  const typed = headers['content-type'] !== undefined && body !== ''
  return [
    change('another method', { method: method === 'PUT' ? 'PATCH' : 'PUT' }),
    change('a misspelt path', { path: `${path}s` }),
    change('an unknown parameter in the query', { query: `${query}${query === '' ? '' : '&'}Colour=red` }),
    ...dropped
      .filter((name) => headers[name] !== undefined)
      .map((name) => change(`without ${name}`, { headers: { ...headers, [name]: undefined } })),
    ...(typed
      ? [change('another content type', { headers: { ...headers, 'content-type': 'text/plain' } })]
      : []),
    ...bodyMutations(body, headers['content-type']).map(([what, text]) => change(what, { body: text })),
    ...lacking(exchange).map(([what, text]) => change(what, { body: text })),
  ]
}

function answerMutations(exchange: Exchange): Mutation[] {
  const { answer } = exchange
  const change = (what: string, changed: Partial<Exchange['answer']>) => ({
    what: `answer ${answer.status}: ${what}`,
    exchange: { ...exchange, answer: { ...answer, ...changed } },
  })
  const without = (name: string) =>
    change(`without ${name}`, { headers: { ...answer.headers, [name]: undefined } })
  const named = ['x-message-id', 'x-amzn-requestid', 'x-amzn-errortype'].filter(
    (name) => name in answer.headers,
  )
  const isJson = answer.headers['content-type']?.startsWith('application/json') === true
  return [
    change('a status that the API does not have', { status: 299 }),
    ...named.map(without),
    ...(isJson ? [without('content-type')] : []),
    ...(answer.body === '' ? [change('a body where none is', { body: '{}' })] : []),
    ...bodyMutations(answer.body, answer.headers['content-type'], true).map(([what, body]) =>
      change(what, { body }),
    ),
  ]
}

/** @param isWhole whether every field that is there must be there */
function bodyMutations(body: string, type = '', isWhole = false): (readonly [what: string, body: string])[] {
  if (body === '') return []
  if (type.startsWith('application/x-www-form-urlencoded')) return formMutations(body)
  if (!type.startsWith('application/json')) return []
  const spoilt = jsonMutations(JSON.parse(body), '', isWhole)
  return [
    ['no JSON', body.slice(0, -1)],
    ...spoilt.map(([what, value]) => [what, JSON.stringify(value)] as const),
  ]
}

function lacking({ body, headers }: Exchange): (readonly [what: string, body: string])[] {
  if (headers['content-type']?.startsWith('application/json') !== true) return []
  const fields = JSON.parse(body) as { [name: string]: Json }
  return REQUIRED.filter((name) => name in fields).map((name) => [
    `without ${name}`,
    JSON.stringify(without(fields, name)),
  ])
}

function formMutations(body: string): (readonly [string, string])[] {
  const fields = [...new URLSearchParams(body)]
  const rewritten = (change: (name: string, value: string) => [string, string][]) =>
    new URLSearchParams(fields.flatMap(([name, value]) => change(name, value))).toString()
  const put = (changed: string, value: string) =>
    rewritten((name, old) => [[name, name === changed ? value : old]])
  return [
    ['an unknown parameter', `${body}&Colour=red`],
    ...fields.map(
      ([each]) =>
        [
          `${each} misspelt`,
          rewritten((name, value) => [[name === each ? `${name}x` : name, value]]),
        ] as const,
    ),
    ...fields.map(
      ([each]) =>
        [
          `${each} twice`,
          rewritten((name, value) =>
            name === each
              ? [
                  [name, value],
                  [name, value],
                ]
              : [[name, value]],
          ),
        ] as const,
    ),
    ['without To', rewritten((name, value) => (name === 'To' ? [] : [[name, value]]))],
    ['a validity of nought', put('ValidityPeriod', '0')],
    ['a validity beyond ten hours', put('ValidityPeriod', '36001')],
    ['a risk check that is neither on nor off', put('RiskCheck', 'maybe')],
    ['an attempt that is no number', put('Attempt', 'second')],
  ]
}

type Json = null | boolean | number | string | Json[] | { [name: string]: Json }

/** Each with one place spoilt: a field of another type, one too many, or one too few. */
function jsonMutations(value: Json, at: string, isWhole: boolean): [what: string, value: Json][] {
  const here = at === '' ? 'the body' : at
  if (value === null) return [[`${here} is a list in place of null`, [[]]]]
  if (Array.isArray(value))
    return [
      [`${here} is a text in place of a list`, 'text'],
      ...value.flatMap((each, place) =>
        jsonMutations(each, `${at}.${place}`, isWhole).map(([what, spoilt]): [string, Json] => [
          what,
          value.with(place, spoilt),
        ]),
      ),
    ]
  if (typeof value !== 'object')
    return [[`${here} has another type`, typeof value === 'string' ? 7 : String(value)]]
  const name = at.split('.').at(-1) ?? ''
  const isFree = FREE.has(name)
  return [
    [`${here} is a text in place of an object`, 'text'],
    ...(isFree ? [] : [[`${here} has an unknown field`, { ...value, colour: 'red' }] as [string, Json]]),
    ...(isWhole && !isFree
      ? Object.keys(value).map((field): [string, Json] => [`${here} lacks ${field}`, without(value, field)])
      : []),
    ...Object.entries(value).flatMap(([field, each]) =>
      jsonMutations(each, at === '' ? field : `${at}.${field}`, isWhole).map(
        ([what, spoilt]): [string, Json] => [what, { ...value, [field]: spoilt }],
      ),
    ),
  ]
}

function without(value: { [name: string]: Json }, field: string): Json {
  const { [field]: _, ...rest } = value
  return rest
}
