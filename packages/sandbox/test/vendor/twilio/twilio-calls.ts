// Calls of Twilio's double, by hand: every field as it stands on the wire.

import type { Sandbox } from '@postern/sandbox/sandbox'

export const ACCOUNT = `AC${'0a'.repeat(16)}`
export const SERVICE = `MG${'0b'.repeat(16)}`
export const MESSAGES = `/2010-04-01/Accounts/${ACCOUNT}/Messages.json`

export const basic = (user: string, token: string) =>
  `Basic ${Buffer.from(`${user}:${token}`).toString('base64')}`

export const smsTo = (to: string, more: Record<string, string | undefined> = {}) => ({
  To: to,
  From: '+15005550006',
  Body: 'Your code is 031416.',
  ...more,
})

/** A field that is undefined is left out. */
export async function sendSms(
  sandbox: Sandbox,
  fields: Record<string, string | undefined> | string,
  init: RequestInit = {},
): Promise<Response> {
  const given = typeof fields === 'string' ? [] : Object.entries(fields)
  const body =
    typeof fields === 'string'
      ? fields
      : new URLSearchParams(given.filter((pair): pair is [string, string] => pair[1] !== undefined))
  return await fetch(`${sandbox.url}/twilio${MESSAGES}`, {
    method: 'POST',
    body,
    ...init,
    headers: {
      authorization: basic(ACCOUNT, 'a-token'),
      'content-type': 'application/x-www-form-urlencoded',
      ...init.headers,
    },
  })
}

export async function getTwilio(sandbox: Sandbox, path: string): Promise<Response> {
  const authorization = basic(ACCOUNT, 'a-token')
  return await fetch(`${sandbox.url}/twilio${path}`, { headers: { authorization } })
}
