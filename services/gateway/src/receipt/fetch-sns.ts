// The two things that Amazon SNS is asked for: the certificate that it signs with, kept for a day, and that a subscription
// is confirmed. Only at places that were found to be Amazon's; no redirect is followed, and an answer is small and quick.

import { type KeyObject, X509Certificate } from 'node:crypto'
import { AppError } from '@postern/service-kit/app-error'
import type { Clock } from '@postern/service-kit/clock'

const ANSWER_MS = 5_000
const LARGEST = 16 * 1024
const KEPT_MS = 24 * 3_600_000
const MOST_KEPT = 20
/** Whoever names certificates that are not there makes us ask for one a second, and no more. */
const PAUSE_MS = 1_000

interface Kept {
  readonly certificate: X509Certificate
  readonly until: number
}

export interface SnsClient {
  /** @throws AppError SERVICE_UNAVAILABLE when it cannot be had now */
  publicKey(url: string): Promise<KeyObject>
  /** @throws AppError SERVICE_UNAVAILABLE when it was not confirmed */
  confirm(url: string): Promise<void>
}

export function createSnsClient({ clock }: { clock: Clock }): SnsClient {
  const kept = new Map<string, Kept>()
  const asked = new Map<string, Promise<X509Certificate>>()
  let lastAsked = Number.NEGATIVE_INFINITY

  async function certificateOf(url: string): Promise<X509Certificate> {
    const now = clock.now().getTime()
    const found = kept.get(url)
    if (found !== undefined && found.until > now) return found.certificate
    const waiting = asked.get(url)
    if (waiting !== undefined) return waiting
    if (Math.abs(now - lastAsked) < PAUSE_MS) throw unavailable('certificates are asked for too often')
    lastAsked = now
    const asking = get(url).then((text) => new X509Certificate(text))
    asked.set(url, asking)
    try {
      const certificate = await asking
      const [oldest] = kept.keys()
      if (kept.size >= MOST_KEPT && oldest !== undefined) kept.delete(oldest)
      kept.set(url, { certificate, until: now + KEPT_MS })
      return certificate
    } catch (cause) {
      throw unavailable('the certificate cannot be had', cause)
    } finally {
      asked.delete(url)
    }
  }

  return {
    async publicKey(url) {
      const { publicKey, validFromDate, validToDate } = await certificateOf(url)
      const now = clock.now()
      if (now < validFromDate || now > validToDate) throw unavailable('the certificate is not valid now')
      return publicKey
    },
    async confirm(url) {
      await get(url).catch((cause: unknown) => {
        throw unavailable('the subscription was not confirmed', cause)
      })
    },
  }
}

async function get(url: string): Promise<string> {
  const answer = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(ANSWER_MS) })
  if (!answer.ok) throw new Error(`answered ${answer.status}`)
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of answer.body ?? []) {
    size += chunk.byteLength
    if (size > LARGEST) throw new Error('the answer is too large')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** The vendor tries again. */
const unavailable = (reason: string, cause?: unknown) =>
  new AppError('SERVICE_UNAVAILABLE', { reason, cause })
