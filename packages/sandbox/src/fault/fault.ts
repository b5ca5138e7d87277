// What a vendor can be told to do wrong, and which fields each mode takes.
//
// | mode              | the call is accepted | what the client sees                                                  |
// |-------------------|----------------------|-----------------------------------------------------------------------|
// | status            | no                   | the vendor's error body with `status` (and `error_code`)              |
// | timeout           | no                   | nothing, until it gives up (with `delay_ms`: a reset after that time) |
// | reset_before      | no                   | a TCP reset                                                           |
// | accept_then_reset | yes                  | a TCP reset in place of the answer                                    |
// | delay             | yes, at once         | the right answer, `delay_ms` later                                    |
// | slow_body         | yes, at once         | the status at once, the body's end `delay_ms` later                   |
// | bad_body          | yes, but see below   | the right status with a body that is not the vendor's                 |
//
// `bad_body` with a `status` is a gateway's page in front of the vendor: that status, HTML, nothing accepted.
// "Accepted" still means that the vendor would have accepted: a call it refuses stays refused.

import { type Static, Type } from 'typebox'

export const FAULT_MODES = [
  'status',
  'timeout',
  'reset_before',
  'accept_then_reset',
  'delay',
  'slow_body',
  'bad_body',
] as const
export type FaultMode = (typeof FAULT_MODES)[number]

export const FaultBody = Type.Object(
  {
    provider: Type.String({ minLength: 1, maxLength: 40 }),
    mode: Type.Enum([...FAULT_MODES]),
    status: Type.Optional(Type.Integer({ minimum: 400, maximum: 599 })),
    times: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 1_000_000,
        description: 'calls it spoils; without it: until DELETE /faults',
      }),
    ),
    share: Type.Optional(
      Type.Number({
        exclusiveMinimum: 0,
        maximum: 1,
        description: 'part of the calls that it spoils, drawn at random: a vendor that flaps',
      }),
    ),
    method: Type.Optional(
      Type.Enum(['GET', 'POST'], { description: 'spoils calls of this method only: a send, or a look-up' }),
    ),
    delay_ms: Type.Optional(Type.Integer({ minimum: 1, maximum: 600_000 })),
    error_code: Type.Optional(Type.Union([Type.String({ minLength: 1, maxLength: 200 }), Type.Integer()])),
  },
  { additionalProperties: false },
)
export type FaultBody = Static<typeof FaultBody>
export type Fault = Readonly<FaultBody>

/** The vendors that are asked for what they took, so that a GET comes to them. */
const ASKED_BY_GET = new Set(['twilio'])

/** The first thing that is wrong with how the fields go together, or that this vendor could not do; or null. */
export function faultProblem(fault: Fault): string | null {
  return formProblem(fault) ?? vendorProblem(fault)
}

function vendorProblem({ provider, method, error_code }: Fault): string | null {
  if (provider === 'smtp' && method !== undefined) return 'mail by SMTP has no method: leave "method" out'
  if (method === 'GET' && !ASKED_BY_GET.has(provider))
    return `${provider} has nothing to ask it for: no GET ever comes to it`
  if (provider === 'twilio' && error_code !== undefined && !/^[1-9]\d{4}$/.test(String(error_code)))
    return 'an error_code of Twilio’s is a number of five digits'
  return null
}

function formProblem(fault: Fault): string | null {
  const { mode, status, delay_ms, error_code } = fault
  if (mode === 'status' && status === undefined) return 'mode "status" needs a status'
  if ((mode === 'delay' || mode === 'slow_body') && delay_ms === undefined)
    return `mode "${mode}" needs delay_ms`
  if (status !== undefined && mode !== 'status' && mode !== 'bad_body')
    return `mode "${mode}" takes no status`
  if (error_code !== undefined && mode !== 'status') return `mode "${mode}" takes no error_code`
  return null
}

/** Whether the vendor gets to see the call at all, and so may accept it. */
export function looksAtTheCall(fault: Fault): boolean {
  if (fault.mode === 'bad_body') return fault.status === undefined
  return fault.mode === 'accept_then_reset' || fault.mode === 'delay' || fault.mode === 'slow_body'
}
