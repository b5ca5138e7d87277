// The two things that Amazon SNS is asked for: the certificate that it signs with, kept for a day, and that a subscription
// is confirmed. Only at places that were found to be Amazon's; no redirect is followed, and an answer is small and quick.

import { type KeyObject, X509Certificate } from 'node:crypto'
import { AppError } from '@postern/service-kit/app-error'
import type { Clock } from '@postern/service-kit/clock'

const ANSWER_MS = 5_000
const LARGEST = 16 * 1024
const KEPT_MS = 24 * 3_600_000
const MOST_KEPT = 20
/** Whoever names certificates that are not there makes us ask a host for one a second, and no more. */
const PAUSE_MS = 1_000
/** What a host did not have is not asked for again so soon. */
const REFUSED_MS = 60_000
const MOST_REFUSED = 200

export interface SnsClient {
  /** @throws AppError SERVICE_UNAVAILABLE when it cannot be had now */
  publicKey(url: string): Promise<KeyObject>
  /** @throws AppError SERVICE_UNAVAILABLE when it was not confirmed */
  confirm(url: string): Promise<void>
}

export function createSnsClient({ clock }: { clock: Clock }): SnsClient {
  const kept = new Map<string, { certificate: X509Certificate; askedAt: number }>()
  const refused = new Map<string, number>()
  const lastAsked = new Map<string, number>()
  const asked = new Map<string, Promise<X509Certificate>>()
  const now = () => clock.now().getTime()
  // Also where the clock was set back.
  const isWithin = (ms: number, since: number | undefined) =>
    since !== undefined && Math.abs(now() - since) < ms

  async function certificateOf(url: string): Promise<X509Certificate> {
    const found = kept.get(url)
    if (found !== undefined && isWithin(KEPT_MS, found.askedAt)) return found.certificate
    try {
      return await (asked.get(url) ?? ask(url))
    } catch (error) {
      // A flood of forged messages must not cost the true ones their certificate. How long it is valid stands in itself.
      if (found !== undefined) return found.certificate
      throw error
    }
  }

  function ask(url: string): Promise<X509Certificate> {
    const { host } = new URL(url)
    if (isWithin(REFUSED_MS, refused.get(url)))
      throw unavailable('the certificate was not there a moment ago')
    if (isWithin(PAUSE_MS, lastAsked.get(host))) throw unavailable('certificates are asked for too often')
    lastAsked.set(host, now())
    const asking = fetched(url).finally(() => asked.delete(url))
    asked.set(url, asking)
    return asking
  }

  async function fetched(url: string): Promise<X509Certificate> {
    const askedAt = now()
    try {
      const certificate = new X509Certificate(await get(url))
      remember(kept, url, { certificate, askedAt }, MOST_KEPT)
      return certificate
    } catch (cause) {
      remember(refused, url, askedAt, MOST_REFUSED)
      throw unavailable('the certificate cannot be had', cause)
    }
  }

  return {
    async publicKey(url) {
      const { publicKey, validFromDate, validToDate } = await certificateOf(url)
      if (now() < validFromDate.getTime() || now() > validToDate.getTime())
        throw unavailable('the certificate is not valid now')
      return publicKey
    },
    async confirm(url) {
      await get(url).catch((cause: unknown) => {
        throw unavailable('the subscription was not confirmed', cause)
      })
    },
  }
}

/** The one that was remembered first makes room. */
function remember<V>(map: Map<string, V>, key: string, value: V, most: number): void {
  map.delete(key)
  const [oldest] = map.keys()
  if (map.size >= most && oldest !== undefined) map.delete(oldest)
  map.set(key, value)
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
