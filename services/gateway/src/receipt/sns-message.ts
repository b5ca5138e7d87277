// A message of Amazon SNS: what it must hold, what of it is signed, and where Amazon's own places are. Whoever we ask for a
// certificate or a subscription follows from the topic that we were told to believe, not from the message.
// Source: https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html

import { TOPIC_ARN } from '@postern/contracts/sender'
import { parseSigned } from './make-receipt.ts'

export interface SnsMessage {
  readonly Type: 'Notification' | 'SubscriptionConfirmation' | 'UnsubscribeConfirmation'
  readonly MessageId: string
  readonly TopicArn: string
  readonly Message: string
  readonly Timestamp: string
  readonly Subject?: string
  readonly Token?: string
  readonly SubscribeURL?: string
  readonly SignatureVersion: '1' | '2'
  readonly Signature: string
  readonly SigningCertURL: string
}

const NEEDED = ['MessageId', 'TopicArn', 'Message', 'Timestamp', 'Signature', 'SigningCertURL'] as const
const OPTIONAL = ['Subject', 'Token', 'SubscribeURL'] as const
const TYPES: readonly unknown[] = ['Notification', 'SubscriptionConfirmation', 'UnsubscribeConfirmation']
const VERSIONS: readonly unknown[] = ['1', '2']

/** Amazon's have a dozen fields and ten attributes at most. */
const MOST_PARTS = 200

/**
 * What a body says for which nobody has vouched yet; undefined: no JSON, or more parts than a message has. A megabyte of
 * brackets takes very long to read, and strangers may send it.
 */
export const parseSns = (body: Buffer): unknown =>
  partsOf(body.toString('utf8')) > MOST_PARTS ? undefined : parseSigned(body)

/** Objects, lists and commas outside of texts, counted until they are too many. */
function partsOf(text: string): number {
  let parts = 0
  let inText = false
  for (let at = 0; at < text.length && parts <= MOST_PARTS; at++) {
    const char = text[at]
    if (char === '"') inText = !inText
    else if (inText && char === '\\') at++
    else if (!inText && (char === '{' || char === '[' || char === ',')) parts++
  }
  return parts
}

/** null: it is none */
export function snsMessageOf(value: unknown): SnsMessage | null {
  if (typeof value !== 'object' || value === null) return null
  const fields = value as Record<string, unknown>
  const isText = (name: string) => typeof fields[name] === 'string'
  const isWhole = NEEDED.every(isText) && OPTIONAL.every((name) => fields[name] === undefined || isText(name))
  const isKnown = TYPES.includes(fields.Type) && VERSIONS.includes(fields.SignatureVersion)
  return isWhole && isKnown ? (value as SnsMessage) : null
}

/** Names and values in the order of the names, each on a line. */
export function signedTextOf(message: SnsMessage): string {
  const names =
    message.Type === 'Notification'
      ? (['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type'] as const)
      : (['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type'] as const)
  return names
    .flatMap((name) => (message[name] === undefined ? [] : [`${name}\n${message[name]}\n`]))
    .join('')
}

export interface SnsPlaces {
  /** Where a certificate may be. */
  isCertificate(url: string): boolean
  /** Where a subscription may be confirmed. */
  isSubscription(url: string): boolean
}

/**
 * Amazon's places in a topic's region; null: this is no topic.
 * @param origin one more, for a sandbox; undefined: none
 */
export function placesOf(topicArn: string, origin: string | undefined): SnsPlaces | null {
  const [, partition, region] = TOPIC_ARN.exec(topicArn) ?? []
  if (partition === undefined) return null
  const amazon = `https://sns.${region}.amazonaws.com${partition === 'aws-cn' ? '.cn' : ''}`
  const at = (url: string, path: RegExp) => {
    const {
      origin: found,
      pathname,
      username,
      password,
    } = URL.canParse(url) ? new URL(url) : ({} as Partial<URL>)
    if (username !== '' || password !== '') return false
    return found === amazon ? path.test(pathname ?? '') : origin !== undefined && found === origin
  }
  return {
    isCertificate: (url) => at(url, /^\/SimpleNotificationService-[0-9a-f]{32}\.pem$/) && !/[?#]/.test(url),
    isSubscription: (url) => at(url, /^\/$/) && new URL(url).searchParams.get('TopicArn') === topicArn,
  }
}
