// Secrets that must never be seen again, and every shape in which code hands them to a logger.

import { randomBytes } from 'node:crypto'

const base64url = (bytes: number) => randomBytes(bytes).toString('base64url')

/** Recognisable by pattern wherever they stand in a text. */
export const PATTERNED = {
  apiKey: `pk_Ab3dEf6hIj9k_${base64url(32)}`,
  linkToken: `AQ${base64url(82).slice(2)}`,
  refreshToken: base64url(49),
  pepper: randomBytes(32).toString('base64').replace(/[+/]/g, 'x'),
  digest: randomBytes(32).toString('hex'),
  sendgridKey: `SG.${base64url(16)}.${base64url(32)}`,
  jwt: `eyJ${base64url(20)}.eyJ${base64url(40)}.${base64url(64)}`,
  email: 'canary.person+tag@mail.example.com',
  phone: '+491701234567',
}

/** Not recognisable by themselves: only the name of their field tells. */
export const NAMED = {
  password: 'correct horse canary',
  otp: '483920',
  cookie: 'sid=canary-cookie',
  totpSecret: 'JBSWY3DPEHPK3PXPCANARY',
  body: 'canary body text',
}

export const ALL = [...Object.values(PATTERNED), ...Object.values(NAMED)]

/** A vendor's error as axios makes it: the key and the message are in its fields, and often in its message. */
export function vendorError(
  message = `Request to https://api.vendor.example/?key=${PATTERNED.apiKey} failed`,
) {
  const error = new Error(message)
  error.name = 'AxiosError'
  return Object.assign(error, {
    code: 'ECONNRESET',
    config: { headers: { Authorization: `Bearer ${PATTERNED.sendgridKey}` }, data: NAMED.body },
    request: {
      _header: `authorization: Bearer ${PATTERNED.sendgridKey}`,
      path: `/x?t=${PATTERNED.linkToken}`,
    },
    response: { body: { errors: [{ message: NAMED.body }] }, headers: { 'set-cookie': [NAMED.cookie] } },
  })
}

/** What a careless line of code might log. */
export function carelessThings(): unknown[] {
  const circular: Record<string, unknown> = { token: PATTERNED.linkToken }
  circular.self = circular
  const deep = Array.from({ length: 12 }).reduce<object>((inner) => ({ inner }), { password: NAMED.password })
  return [
    { err: vendorError() },
    { error: vendorError() },
    { result: { failure: vendorError() } },
    { err: new Error('outer', { cause: vendorError() }) },
    { err: new AggregateError([vendorError(), new TypeError(NAMED.body)], PATTERNED.linkToken) },
    { err: Object.assign(new Error('x'), { stack: `Error: ${NAMED.body}\n    at ${PATTERNED.linkToken}` }) },
    { err: Object.assign(new Error('x'), { code: NAMED.otp, name: `${NAMED.body} ${PATTERNED.jwt}` }) },
    { err: Object.assign(new Error('x'), { reason: `link ${PATTERNED.linkToken} of ${PATTERNED.email}` }) },
    { err: NAMED.body && { message: PATTERNED.apiKey } },
    { req: { method: 'POST', url: `/l?token=${PATTERNED.linkToken}`, query: { q: NAMED.body } } },
    { headers: { cookie: NAMED.cookie, authorization: PATTERNED.apiKey } },
    { 'set-cookie': NAMED.cookie, Authorization: `Basic ${NAMED.password}` },
    { otp: NAMED.otp, code: NAMED.otp, pin: 483920, totp_secret: NAMED.totpSecret },
    { code: 483920 },
    { [PATTERNED.apiKey]: 1, nested: { [PATTERNED.email]: true } },
    { list: [PATTERNED.apiKey, { body: NAMED.body }, [PATTERNED.jwt]] },
    {
      url: `https://user:${NAMED.password}@db.example/x?token=${PATTERNED.linkToken}#${PATTERNED.linkToken}`,
    },
    { where: `postgres://postern:${PATTERNED.pepper}@db/postern`, at: `http://h/l#${NAMED.totpSecret}` },
    { to: PATTERNED.phone, email: PATTERNED.email, note: `sent to ${PATTERNED.email}, ${PATTERNED.phone}` },
    { map: new Map([['k', NAMED.body]]), set: new Set([NAMED.body]), buffer: Buffer.from(NAMED.body) },
    { fn: () => NAMED.body, symbol: Symbol(NAMED.body), headers: new Headers({ cookie: NAMED.cookie }) },
    {
      instance: new (class Vendor {
        held = NAMED.body
      })(),
    },
    { toJSON: () => ({ token: NAMED.body }) },
    Object.defineProperty({}, 'trap', {
      enumerable: true,
      get: () => {
        throw vendorError()
      },
    }),
    circular,
    deep,
    vendorError(),
    new Error('outer', { cause: vendorError() }),
  ]
}
