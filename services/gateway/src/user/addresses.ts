// The addresses that a body names, read by the one reading of identifiers.

import { AppError } from '@postern/service-kit/app-error'
import { readEmail } from '../challenge/identifier.ts'

export interface Address {
  kind: 'email' | 'phone'
  /** as typed */
  address: string
  identityKey: string
  limitKey: string
}

/**
 * At least one.
 * @throws AppError VALIDATION_FAILED
 */
export function addressesOf(body: { email?: string; phone?: string }): [Address, ...Address[]] {
  const email = body.email === undefined ? [] : [readEmail(body.email)]
  const phone = body.phone === undefined ? [] : [readPhone(body.phone)]
  const [first, ...more]: Address[] = [...email, ...phone]
  if (first !== undefined) return [first, ...more]
  throw refusal('body', 'needs email or phone')
}

function readPhone(text: string): Address {
  if (!/^\+[1-9][0-9]{6,14}$/.test(text)) throw refusal('body.phone', 'must be a phone number in E.164')
  return { kind: 'phone', address: text, identityKey: text, limitKey: text }
}

const refusal = (path: string, problem: string) =>
  new AppError('VALIDATION_FAILED', { reason: `${path} ${problem}`, details: [{ path, problem }] })
