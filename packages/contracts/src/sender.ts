// What a sender is configured with, by channel and provider. The gateway checks it when an operator writes it, the notifier
// when it reads it. No credential is among it: those are secret files, and the forms are closed.

import { type TSchema, Type } from 'typebox'

export const CHANNELS = ['email', 'sms'] as const
export type ChannelName = (typeof CHANNELS)[number]

export const PROVIDERS = ['sendgrid', 'ses', 'smtp', 'gateway', 'twilio'] as const
export type Provider = (typeof PROVIDERS)[number]

/**
 * The ARN of an Amazon SNS topic; its groups are partition and region. A FIFO topic is none: it calls no webhook.
 * Source: https://docs.aws.amazon.com/sns/latest/dg/fifo-message-delivery.html
 */
export const TOPIC_ARN =
  /^arn:(aws|aws-cn|aws-us-gov):sns:([a-z]{2}(?:-[a-z]+)+-[0-9]{1,2}):[0-9]{12}:[A-Za-z0-9_-]{1,256}$/

const closed = { additionalProperties: false } as const
/** An origin and path: no user, no query, no fragment. */
const Url = Type.String({ pattern: '^https?://[A-Za-z0-9.:\\[\\]-]+(?:/[!-~]*)?$', maxLength: 500 })
const optionalUrl = Type.Optional(Url)
const emailFrom = Type.Optional(
  Type.String({
    pattern: '^[^\\s@<>()\\[\\],;:"\\\\]{1,64}@[A-Za-z0-9-]+(?:\\.[A-Za-z0-9-]+)+$',
    maxLength: 320,
    description: 'the address that mails come from; POSTERN_EMAIL_FROM unless told',
  }),
)
const SmsFrom = Type.String({
  pattern: '^(?:\\+[1-9][0-9]{6,14}|[0-9]{3,8}|(?=.*[A-Za-z])[A-Za-z0-9 ]{1,11})$',
})

const SendGridSettings = Type.Object({ url: optionalUrl, from: emailFrom }, closed)
const SesSettings = Type.Object(
  {
    region: Type.String({ pattern: '^[a-z]{2}(?:-[a-z]+)+-[0-9]{1,2}$', maxLength: 40 }),
    url: optionalUrl,
    configuration_set: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$' })),
    topic_arn: Type.Optional(
      Type.String({
        pattern: TOPIC_ARN.source,
        description: 'the Amazon SNS topic that brings what SES publishes',
      }),
    ),
    from: emailFrom,
  },
  closed,
)
const SmtpSettings = Type.Object(
  {
    host: Type.String({ pattern: '^[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?$', maxLength: 253 }),
    port: Type.Integer({ minimum: 1, maximum: 65_535 }),
    tls: Type.Enum(['implicit', 'starttls', 'none'], { description: '`none` is refused in production' }),
    from: emailFrom,
  },
  closed,
)
const EmailGatewaySettings = Type.Object({ url: Url, from: emailFrom }, closed)
const SmsGatewaySettings = Type.Object({ url: Url, from: Type.Optional(SmsFrom) }, closed)
const TwilioSettings = Type.Object(
  {
    account_sid: Type.String({ pattern: '^AC[0-9a-f]{32}$' }),
    messaging_service_sid: Type.Optional(Type.String({ pattern: '^MG[0-9a-f]{32}$' })),
    from: Type.Optional(SmsFrom),
    url: optionalUrl,
  },
  closed,
)

const FORMS: Readonly<Record<ChannelName, Readonly<Partial<Record<Provider, TSchema>>>>> = {
  email: {
    sendgrid: SendGridSettings,
    ses: SesSettings,
    smtp: SmtpSettings,
    gateway: EmailGatewaySettings,
  },
  sms: { twilio: TwilioSettings, gateway: SmsGatewaySettings },
}

/** The form of a sender's settings; undefined: the provider does not bring this channel's messages. */
export const settingsForm = (channel: ChannelName, provider: Provider): TSchema | undefined =>
  FORMS[channel][provider]

/** What a sender's settings hold once they have their provider's form. */
export interface SenderSettings {
  readonly url?: string
  readonly from?: string
  readonly region?: string
  readonly configuration_set?: string
  readonly topic_arn?: string
  readonly host?: string
  readonly port?: number
  readonly tls?: 'implicit' | 'starttls' | 'none'
  readonly account_sid?: string
  readonly messaging_service_sid?: string
}

/** What the form alone does not say, as a field and its problem; null: nothing. */
export function settingsProblem(
  provider: Provider,
  settings: SenderSettings,
  production: boolean,
): { readonly field: string; readonly problem: string } | null {
  if (production && settings.url?.startsWith('http:'))
    return { field: 'url', problem: 'must be https in production' }
  if (production && settings.tls === 'none')
    return { field: 'tls', problem: 'must not be none in production' }
  const froms = [settings.messaging_service_sid, settings.from].filter((each) => each !== undefined)
  if (provider === 'twilio' && froms.length !== 1)
    return { field: 'from', problem: 'or messaging_service_sid is needed, and not both' }
  return null
}

/** Whether the provider asks for a credential; a mail server may know us otherwise. */
export const needsSecret = (provider: Provider): boolean => provider !== 'smtp'

/** In URLs that vendors call, the installation's own sender of a vendor; a tenant's own is named by its id. */
export const HOUSE_SENDER = 'default'

/** The file in the secrets folder that `secret` names. */
export const secretFileOf = (secret: string): string => `sender-${secret}`
