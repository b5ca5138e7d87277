// How a back end calls Postern: the demo's server side, with the tenant's API key, which never goes to the page.
// Everything that can go wrong comes back as a problem with a plain sentence.

import {
  type ErrorEnvelope,
  ErrorEnvelope as ErrorEnvelopeSchema,
  envelope,
} from '@postern/contracts/envelope'
import { AuditEvent } from '@postern/contracts/http/audit-event'
import { IssuedChallenge } from '@postern/contracts/http/challenge'
import { page } from '@postern/contracts/http/paging'
import { SignInResult } from '@postern/contracts/http/sign-in-result'
import { type Static, type TSchema, Type } from 'typebox'
import { Value } from 'typebox/value'
import type { ReadSecret } from '../secret-file.ts'

export interface Problem {
  readonly kind: 'unreachable' | 'no_api_key' | 'refused' | 'not_understood'
  readonly message: string
  /** The code that the service answered, when it refused. */
  readonly code: string | null
  /** How often a code may still be tried, where the gateway told. */
  readonly remaining_attempts: number | null
}

export type Reply<T> =
  | { readonly ok: true; readonly data: T }
  | { readonly ok: false; readonly problem: Problem }

export interface PosternClient {
  issueMagicLink(email: string, redirectUrl: string): Promise<Reply<IssuedChallenge>>
  issueOtp(channel: 'email' | 'sms', to: string): Promise<Reply<IssuedChallenge>>
  verifyOtp(id: string, code: string): Promise<Reply<SignInResult>>
  verifyMagicLink(token: string): Promise<Reply<SignInResult>>
  /** Events of one subject, `<type>:<uuid>`. */
  eventsOf(subject: string): Promise<Reply<AuditEvent[]>>
}

export interface PosternClientDeps {
  readonly gatewayUrl: string
  readonly auditUrl: string
  readonly apiKey: ReadSecret
}

interface Call<S extends TSchema> {
  readonly service: 'gateway' | 'audit service'
  readonly url: string
  readonly data: S
  readonly body?: object
}

const DEADLINE_MS = 5_000
const Success = envelope(Type.Unknown())

export function posternClient({ gatewayUrl, auditUrl, apiKey }: PosternClientDeps): PosternClient {
  return {
    issueMagicLink: (email, redirectUrl) => {
      const body = { email, redirect_url: redirectUrl }
      return send(apiKey, {
        service: 'gateway',
        url: `${gatewayUrl}/v1/magic-links`,
        data: IssuedChallenge,
        body,
      })
    },
    issueOtp: (channel, to) => {
      const url = `${gatewayUrl}/v1/otps`
      return send(apiKey, { service: 'gateway', url, data: IssuedChallenge, body: { channel, to } })
    },
    verifyOtp: (id, code) => {
      const url = `${gatewayUrl}/v1/otps/verify`
      return send(apiKey, { service: 'gateway', url, data: SignInResult, body: { id, code } })
    },
    verifyMagicLink: (token) => {
      const url = `${gatewayUrl}/v1/magic-links/verify`
      return send(apiKey, { service: 'gateway', url, data: SignInResult, body: { token } })
    },
    eventsOf: async (subject) => {
      const url = `${auditUrl}/v1/events?limit=200&subject=${encodeURIComponent(subject)}`
      const reply = await send(apiKey, { service: 'audit service', url, data: page(AuditEvent) })
      return reply.ok ? { ok: true, data: reply.data.items } : reply
    },
  }
}

async function send<S extends TSchema>(apiKey: ReadSecret, call: Call<S>): Promise<Reply<Static<S>>> {
  const key = await apiKey()
  if (key === null)
    return failed('no_api_key', 'The demo has no API key yet: its key file is missing or empty.')
  let answer: unknown
  try {
    const response = await fetch(call.url, {
      method: call.body === undefined ? 'GET' : 'POST',
      headers: {
        authorization: `Bearer ${key}`,
        ...(call.body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
      redirect: 'error',
      signal: AbortSignal.timeout(DEADLINE_MS),
    })
    answer = await response.json().catch(() => null)
  } catch {
    return failed('unreachable', `The ${call.service} at ${new URL(call.url).origin} does not answer.`)
  }
  return understood(answer, call)
}

function understood<S extends TSchema>(answer: unknown, call: Call<S>): Reply<Static<S>> {
  if (Value.Check(Success, answer) && Value.Check(call.data, answer.data))
    return { ok: true, data: answer.data }
  if (Value.Check(ErrorEnvelopeSchema, answer)) return refusedBy(answer)
  return failed(
    'not_understood',
    `The ${call.service} at ${new URL(call.url).origin} answered something unexpected.`,
  )
}

function refusedBy({ error }: ErrorEnvelope): { ok: false; problem: Problem } {
  const [remaining] = (error.details ?? []).flatMap(({ remaining_attempts }) =>
    typeof remaining_attempts === 'number' ? [remaining_attempts] : [],
  )
  return failed('refused', error.message, { code: error.code, remaining_attempts: remaining ?? null })
}

function failed(
  kind: Problem['kind'],
  message: string,
  told: Pick<Problem, 'code' | 'remaining_attempts'> = { code: null, remaining_attempts: null },
): { ok: false; problem: Problem } {
  return { ok: false, problem: { kind, message, ...told } }
}
