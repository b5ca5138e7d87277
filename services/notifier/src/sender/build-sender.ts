// Makes the sender of a plan: the one place that knows which provider is which.

import { type SenderSettings, settingsForm, settingsProblem } from '@postern/contracts/sender'
import type { Clock } from '@postern/service-kit/clock'
import { formOf } from '@postern/service-kit/form'
import { type CallbackOptions, callbackBy } from './callback-url.ts'
import { SenderFault, type SenderPlan } from './configured-sender.ts'
import { createGatewaySender } from './gateway.sender.ts'
import type { EmailMessage, OpenSender, Sender, SmsMessage } from './sender.ts'
import { createSendGridSender } from './sendgrid.sender.ts'
import { createSesSender } from './ses.sender.ts'
import { createSmtpSender } from './smtp.sender.ts'
import { createTwilioSender } from './twilio.sender.ts'

export interface SenderLimits {
  /** Calls at a time. */
  readonly connections: number
  readonly clock: Clock
  /** Nothing goes out in the open then. */
  readonly production: boolean
  /** undefined: vendors that would have to be told are asked for no receipts. */
  readonly callbacks?: CallbackOptions | undefined
}

/** @throws {SenderFault} */
export function buildEmailSender(plan: SenderPlan, limits: SenderLimits): OpenSender<EmailMessage> {
  const settings = checked(plan, limits)
  const sender = emailSenderOf(plan, settings, limits)
  const { from } = settings
  if (from === undefined) return sender
  const send: Sender['send'] = (message, context) =>
    sender.send({ ...message, from: { ...message.from, email: from } }, context)
  return { ...sender, send }
}

function emailSenderOf(
  { provider, secret }: SenderPlan,
  settings: SenderSettings,
  limits: SenderLimits,
): OpenSender<EmailMessage> {
  switch (provider) {
    case 'sendgrid':
      return createSendGridSender({
        url: settings.url ?? 'https://api.sendgrid.com',
        apiKey: needed(secret),
        ...limits,
      })
    case 'ses': {
      const [accessKeyId, secretAccessKey] = halvesOf(secret)
      const { region = '', url, configuration_set: configurationSet } = settings
      return createSesSender({ region, url, configurationSet, accessKeyId, secretAccessKey, ...limits })
    }
    case 'smtp': {
      const { host = '', port = 0, tls = 'starttls' } = settings
      const [user, password] = secret === null ? [] : halvesOf(secret)
      const login = user === undefined || password === undefined ? undefined : { user, password }
      return createSmtpSender({ host, port, tls, login, ...limits })
    }
    case 'gateway':
      return gatewayOf(settings, secret, limits)
    default:
      throw new SenderFault('settings_malformed')
  }
}

/** @throws {SenderFault} */
export function buildSmsSender(plan: SenderPlan, limits: SenderLimits): OpenSender<SmsMessage> {
  const settings = checked(plan, limits)
  const { provider, secret, senderId } = plan
  if (provider === 'gateway') return gatewayOf(settings, secret, limits)
  const { account_sid: accountSid = '', messaging_service_sid: messagingServiceSid, from = '' } = settings
  return createTwilioSender({
    url: settings.url ?? 'https://api.twilio.com',
    accountSid,
    authToken: needed(secret),
    from: messagingServiceSid === undefined ? { from } : { messagingServiceSid },
    callbackOf: limits.callbacks && callbackBy(limits.callbacks, senderId),
    ...limits,
  })
}

function gatewayOf(
  { url = '', from: smsFrom }: SenderSettings,
  secret: string | null,
  limits: SenderLimits,
): OpenSender<EmailMessage | SmsMessage> {
  const [apiKey, signingKey] = halvesOf(secret)
  return createGatewaySender({ url, smsFrom, apiKey, signingKey, ...limits })
}

/** The gateway checked them when they were written; a row may be older than the form. */
function checked({ channel, provider, settings }: SenderPlan, { production }: SenderLimits): SenderSettings {
  const form = settingsForm(channel, provider)
  if (form === undefined || !formOf(form).fits(settings)) throw new SenderFault('settings_malformed')
  const known = settings as SenderSettings
  if (settingsProblem(provider, known, production) !== null) throw new SenderFault('settings_malformed')
  return known
}

function needed(secret: string | null): string {
  if (secret === null) throw new SenderFault('secret_missing')
  return secret
}

/** `<user>:<password>` and the like: two parts in one line, parted by the first colon. */
function halvesOf(secret: string | null): [string, string] {
  const [, first, second] = /^([^:]+):(.+)$/.exec(needed(secret)) ?? []
  if (first === undefined || second === undefined) throw new SenderFault('secret_unusable')
  return [first, second]
}
