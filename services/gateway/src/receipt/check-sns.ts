// Whether a call is a message of Amazon SNS about a topic that speaks for the sender: its form, its topic, where its
// certificate is, and its signature, in this order, so that a stranger makes us ask nobody.

import { verify } from 'node:crypto'
import type { SnsClient } from './fetch-sns.ts'
import { parseSns, placesOf, type SnsMessage, signedTextOf, snsMessageOf } from './sns-message.ts'

export interface SnsDeps {
  readonly sns: SnsClient
  /** One more place for certificates and subscriptions, of a sandbox; undefined: none. */
  readonly snsOrigin: string | undefined
}

/** Amazon tries for hours; what is older was kept by somebody else. */
const OLDEST_MS = 24 * 3_600_000
const EARLIEST_MS = 5 * 60_000

const ALGORITHMS = { 1: 'sha1', 2: 'sha256' } as const

/** @returns the message; a word for why it is not taken */
export async function checkSns(
  { sns, snsOrigin }: SnsDeps,
  topics: readonly string[],
  body: Buffer,
  now: Date,
): Promise<SnsMessage | 'forged' | 'stale'> {
  const message = snsMessageOf(parseSns(body))
  if (message === null || !topics.includes(message.TopicArn)) return 'forged'
  const places = placesOf(message.TopicArn, snsOrigin)
  if (places?.isCertificate(message.SigningCertURL) !== true) return 'forged'
  const key = await sns.publicKey(message.SigningCertURL)
  const signature = Buffer.from(message.Signature, 'base64')
  const text = Buffer.from(signedTextOf(message))
  if (!verify(ALGORITHMS[message.SignatureVersion], text, key, signature)) return 'forged'
  const age = now.getTime() - new Date(message.Timestamp).getTime()
  return age <= OLDEST_MS && age >= -EARLIEST_MS ? message : 'stale'
}

/** Confirms the subscription that a verified message asks for. @returns whether its URL was Amazon's */
export async function acceptSubscription(
  { sns, snsOrigin }: SnsDeps,
  { TopicArn, SubscribeURL = '' }: SnsMessage,
): Promise<boolean> {
  if (placesOf(TopicArn, snsOrigin)?.isSubscription(SubscribeURL) !== true) return false
  await sns.confirm(SubscribeURL)
  return true
}
