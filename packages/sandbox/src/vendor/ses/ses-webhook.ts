// What Amazon SES publishes about a mail, brought by Amazon SNS: an event in a notification, signed by RSA with SHA-256
// (SignatureVersion 2) under a certificate that the sandbox shows itself. Sources:
// https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html,
// https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html

import { createPrivateKey, sign } from 'node:crypto'
import type { ReceiptStatus } from '@postern/contracts/receipt'
import type { ReadSecret } from '../../secret-file.ts'
import {
  anotherId,
  anotherSignature,
  CannotTell,
  keyFrom,
  type Occurrence,
  type VendorWebhook,
} from '../vendor-webhook.ts'

/** SNS itself goes on trying for hours: what is stale here is older than a day. */
const STALE_MS = 25 * 3_600_000
export const SNS_CERTIFICATE_PATH = '/sns/certificate.pem'

export interface SesWebhookDeps {
  /** The RSA key's private half, in PEM. */
  readonly readKey: ReadSecret | undefined
  readonly topicArn: string
  /** Where the gateway reaches the sandbox. */
  readonly publicUrl: () => string
}

export function sesWebhook({ readKey, topicArn, publicUrl }: SesWebhookDeps): VendorWebhook {
  return {
    provider: 'ses',
    most: 1,
    async callFor([event], { url, tamper, now }) {
      if (event === undefined) throw new CannotTell('There is nothing to tell.')
      const key = createPrivateKey(await keyFrom(readKey, 'POSTERN_SANDBOX_SNS_KEY_FILE'))
      const at = tamper === 'stale' ? new Date(now.getTime() - STALE_MS) : now
      const signed = {
        Type: 'Notification',
        MessageId: uuidOf(event.eventId),
        TopicArn: topicArn,
        Message: JSON.stringify(publishedOf(event, tamper === 'tenant')),
        Timestamp: at.toISOString(),
      }
      const signature = sign('sha256', Buffer.from(toSign(signed)), key).toString('base64')
      const notification = {
        ...signed,
        ...(tamper === 'body' && { Message: signed.Message.replace('"eventType":"', '"eventType":"X') }),
        ...(tamper === 'timestamp' && { Timestamp: new Date(at.getTime() - 1).toISOString() }),
        SignatureVersion: '2',
        Signature: tamper === 'signature' ? anotherSignature(signature) : signature,
        SigningCertURL: `${publicUrl()}${SNS_CERTIFICATE_PATH}`,
        UnsubscribeURL: `${publicUrl()}/sns/?Action=Unsubscribe`,
      }
      return {
        url,
        headers: {
          // JSON, but SNS says so by no header.
          'content-type': 'text/plain; charset=UTF-8',
          'user-agent': 'Amazon Simple Notification Service Agent',
          'x-amz-sns-message-type': 'Notification',
          'x-amz-sns-message-id': signed.MessageId,
          'x-amz-sns-topic-arn': topicArn,
        },
        body: JSON.stringify(notification),
      }
    },
  }
}

/** The fields in the order of their names, each name and each value on a line. */
function toSign(fields: Readonly<Record<string, string>>): string {
  const names = ['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type']
  return names
    .filter((name) => fields[name] !== undefined)
    .map((name) => `${name}\n${fields[name]}\n`)
    .join('')
}

function publishedOf(event: Occurrence, ofAnother: boolean) {
  const { sent, occurredAt } = event
  const { marker } = sent
  const tenant = marker?.tenant_id ?? null
  const tags = {
    delivery_id: marker?.delivery_id,
    attempt: marker?.attempt?.toString(),
    tenant_id: ofAnother && tenant !== null ? anotherId(tenant) : (tenant ?? undefined),
  }
  const given = Object.entries(tags).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, [value]]],
  )
  return {
    ...whatHappened(event, occurredAt.toISOString()),
    mail: {
      timestamp: sent.at.toISOString(),
      source: sent.from,
      messageId: sent.messageId,
      destination: [sent.to],
      headersTruncated: false,
      tags: Object.fromEntries(given),
    },
  }
}

function whatHappened({ sent, status, errorCode, eventId }: Occurrence, timestamp: string) {
  const emailAddress = sent.to
  const feedbackId = eventId.toString('hex')
  const bounce = (bounceType: string, bounceSubType: string, diagnosticCode: string) => ({
    eventType: 'Bounce',
    bounce: {
      bounceType,
      bounceSubType,
      bouncedRecipients: [
        { emailAddress, action: 'failed', diagnosticCode: String(errorCode ?? diagnosticCode) },
      ],
      timestamp,
      feedbackId,
    },
  })
  const events: Readonly<Record<ReceiptStatus, () => object>> = {
    sent: () => ({ eventType: 'Send', send: {} }),
    delivered: () => ({
      eventType: 'Delivery',
      delivery: {
        timestamp,
        processingTimeMillis: 100,
        recipients: [emailAddress],
        smtpResponse: '250 2.0.0 OK',
      },
    }),
    undelivered: () => bounce('Transient', 'General', 'smtp; 450 4.2.1 the message was refused'),
    bounced: () => bounce('Permanent', 'General', 'smtp; 550 5.1.1 the mailbox does not exist'),
    complained: () => ({
      eventType: 'Complaint',
      complaint: {
        complainedRecipients: [{ emailAddress }],
        timestamp,
        feedbackId,
        complaintFeedbackType: 'abuse',
      },
    }),
    opted_out: () => ({
      eventType: 'Subscription',
      subscription: {
        contactList: 'sandbox',
        timestamp,
        source: 'UnsubscribeHeader',
        newTopicPreferences: { unsubscribeAll: true, topicSubscriptionStatus: [] },
        oldTopicPreferences: { unsubscribeAll: false, topicSubscriptionStatus: [] },
      },
    }),
    deferred: () => ({
      eventType: 'DeliveryDelay',
      deliveryDelay: {
        delayType: 'TransientCommunicationFailure',
        expirationTime: timestamp,
        delayedRecipients: [{ emailAddress }],
        timestamp,
      },
    }),
  }
  return events[status]()
}

/** RFC 9562, version 4. */
function uuidOf(bytes: Buffer): string {
  const hex = bytes.toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}
