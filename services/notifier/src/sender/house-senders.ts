// The installation's own senders, from its settings: used for every tenant that has none of its own.

import { type ChannelName, type Provider, type SenderSettings, settingsForm } from '@postern/contracts/sender'
import { formOf } from '@postern/service-kit/form'
import type { SenderPlan } from './configured-sender.ts'

export interface HouseSettings {
  readonly emailSenders: readonly Provider[]
  readonly smsSenders: readonly Provider[]
  readonly sendgridUrl: string
  readonly sesRegion: string | undefined
  readonly sesUrl: string | undefined
  readonly sesConfigurationSet: string | undefined
  readonly smtpHost: string | undefined
  readonly smtpPort: number
  readonly smtpTls: 'implicit' | 'starttls' | 'none'
  readonly messageGatewayUrl: string | undefined
  readonly twilioUrl: string
  readonly twilioAccountSid: string | undefined
  /** undefined: no account was set up. */
  readonly smsSender: { readonly messagingServiceSid: string } | { readonly from: string } | undefined
}

/** How the credential of each is read: a missing one is a fault of the start, but that a mail server may need none. */
export interface HouseSecrets {
  text(name: string): string
  optionalText(name: string): string | undefined
}

type AddFault = (fault: string) => void

/** Every fault is added; what is answered then is not to be used. */
export function houseSenders(
  settings: HouseSettings,
  secrets: HouseSecrets,
  addFault: AddFault,
): SenderPlan[] {
  const plan = (channel: ChannelName) => (provider: Provider) => ({
    channel,
    provider,
    settings: settingsOf(provider, channel, settings),
    secret: secretOf(provider, secrets),
  })
  // Without an account SMS go by no Twilio, which is no fault: most installations send mails alone.
  const sms = settings.smsSenders.filter((each) => each !== 'twilio' || settings.smsSender !== undefined)
  const lacking = missing(settings)
  for (const fault of lacking) addFault(fault)
  const plans = [...settings.emailSenders.map(plan('email')), ...sms.map(plan('sms'))]
  if (lacking.length === 0) for (const each of plans) refuseMalformed(each, addFault)
  return plans
}

/** Secrets of two parts, as their readers split them. */
const PAIRS: Readonly<Partial<Record<Provider, string>>> = {
  ses: 'ses-access-key: must be <access key id>:<secret access key>',
  smtp: 'smtp-login: must be <user>:<password>',
  gateway: 'message-gateway-key: must be <API key>:<signing key>',
}

function refuseMalformed({ channel, provider, settings, secret }: SenderPlan, addFault: AddFault): void {
  const form = settingsForm(channel, provider)
  if (form === undefined || !formOf(form).fits(settings))
    addFault(
      `POSTERN_${channel.toUpperCase()}_SENDERS: what is set for ${provider} has not the required form`,
    )
  const pair = PAIRS[provider]
  if (pair !== undefined && secret && !/^[^:]+:.+$/.test(secret)) addFault(pair)
}

function missing(settings: HouseSettings): string[] {
  const { emailSenders, smsSenders } = settings
  const needs: readonly (readonly [boolean, string | undefined, string])[] = [
    [emailSenders.includes('ses'), settings.sesRegion, 'POSTERN_SES_REGION'],
    [emailSenders.includes('smtp'), settings.smtpHost, 'POSTERN_SMTP_HOST'],
    [
      [...emailSenders, ...smsSenders].includes('gateway'),
      settings.messageGatewayUrl,
      'POSTERN_MESSAGE_GATEWAY_URL',
    ],
  ]
  return needs
    .filter(([isNeeded, value]) => isNeeded && value === undefined)
    .map(([, , name]) => `${name}: is not set, and is needed by a sender that is listed`)
}

function settingsOf(provider: Provider, channel: ChannelName, settings: HouseSettings): SenderSettings {
  switch (provider) {
    case 'sendgrid':
      return { url: settings.sendgridUrl }
    case 'ses':
      return {
        region: settings.sesRegion ?? '',
        ...(settings.sesUrl !== undefined && { url: settings.sesUrl }),
        ...(settings.sesConfigurationSet !== undefined && {
          configuration_set: settings.sesConfigurationSet,
        }),
      }
    case 'smtp':
      return { host: settings.smtpHost ?? '', port: settings.smtpPort, tls: settings.smtpTls }
    case 'gateway':
      return { url: settings.messageGatewayUrl ?? '', ...(channel === 'sms' && smsFromOf(settings)) }
    case 'twilio':
      return twilioOf(settings)
  }
}

const smsFromOf = ({ smsSender }: HouseSettings): { from?: string } =>
  smsSender !== undefined && 'from' in smsSender ? { from: smsSender.from } : {}

function twilioOf(settings: HouseSettings): SenderSettings {
  const { twilioUrl: url, twilioAccountSid: account_sid = '', smsSender } = settings
  const from =
    smsSender !== undefined && 'messagingServiceSid' in smsSender
      ? { messaging_service_sid: smsSender.messagingServiceSid }
      : smsFromOf(settings)
  return { url, account_sid, ...from }
}

function secretOf(provider: Provider, secrets: HouseSecrets): string | null {
  switch (provider) {
    case 'sendgrid':
      return secrets.text('sendgrid-api-key')
    case 'ses':
      return secrets.text('ses-access-key')
    case 'smtp':
      return secrets.optionalText('smtp-login') ?? null
    case 'gateway':
      return secrets.text('message-gateway-key')
    case 'twilio':
      return secrets.text('twilio-auth-token')
  }
}
