// Opens the way to every vendor: the installation's own list of each channel, the shelf of tenants' own, a breaker for each,
// and what the processes tell each other of them.

import type { Tracer } from '@opentelemetry/api'
import type { ChannelName } from '@postern/contracts/sender'
import { PROVIDERS } from '@postern/contracts/sender'
import type { Clock } from '@postern/service-kit/clock'
import type { Logger } from '@postern/telemetry/logger'
import type { Metrics } from '@postern/telemetry/metric-names'
import type { KeyRing } from '@postern/token/key-ring'
import { noHints } from './breaker-hints.ts'
import { buildEmailSender, buildSmsSender } from './build-sender.ts'
import type { SenderPlan } from './configured-sender.ts'
import { noVendor } from './no-vendor.sender.ts'
import { openBreakerHints } from './open-breaker-hints.ts'
import type { EmailMessage, OpenSender, SmsMessage } from './sender.ts'
import { createSenderShelf } from './sender-shelf.ts'
import { tracedSender } from './traced-sender.ts'
import { type Breaker, createBreaker } from './vendor-breaker.ts'
import { createVendorRouter, type RouterOptions, type VendorRouter } from './vendor-router.ts'

export interface VendorsOptions {
  /** The installation's own, in order; they are known to be right, or the start was refused. */
  readonly house: readonly SenderPlan[]
  readonly readSecret: (name: string) => string | undefined
  readonly concurrency: Readonly<Record<ChannelName, number>>
  readonly production: boolean
  /** Where vendors reach the gateway; undefined: Twilio is asked for no receipts. */
  readonly webhookUrl?: string | undefined
  /** Marks the URLs of receipts. */
  readonly receiptRing: KeyRing
  /** undefined: each process learns of failing vendors alone. */
  readonly redisUrl: string | undefined
  readonly prefix: string
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: Metrics
  readonly tracer: Tracer
}

export interface Vendors {
  readonly email: VendorRouter<EmailMessage>
  readonly sms: VendorRouter<SmsMessage>
  close(): void
}

export async function openVendors(options: VendorsOptions): Promise<Vendors> {
  const { redisUrl } = options
  const hints = redisUrl === undefined ? undefined : await openBreakerHints({ ...options, url: redisUrl })
  const shared = { ...options, hints: hints ?? noHints, breakers: openBreakers(options, hints ?? noHints) }
  const { clock, production, webhookUrl, receiptRing: ring } = options
  const callbacks = webhookUrl === undefined ? undefined : { webhookUrl, ring, clock }
  const limits = (channel: ChannelName) => ({
    clock,
    production,
    callbacks,
    connections: options.concurrency[channel],
  })
  const email = openChannel('email', (plan) => buildEmailSender(plan, limits('email')), shared)
  const sms = openChannel('sms', (plan) => buildSmsSender(plan, limits('sms')), shared)
  const close = () => {
    email.close()
    sms.close()
    hints?.close()
  }
  return { email: email.router, sms: sms.router, close }
}

type Shared = VendorsOptions & Pick<RouterOptions<never>, 'hints'> & { breakers: Breakers }

function openChannel<Message>(
  channel: ChannelName,
  build: (plan: SenderPlan) => OpenSender<Message>,
  { house, readSecret, clock, logger, metrics, tracer, hints, breakers }: Shared,
) {
  const own = house.filter((plan) => plan.channel === channel).map(build)
  const traced = own.map((sender) => tracedSender(sender, tracer))
  const [first, ...others] = traced
  const onNotReady = (provider: string) => metrics.sendersNotReady.add(1, { provider })
  const shelf = createSenderShelf<Message>({ channel, build, readSecret, clock, logger, onNotReady })
  const router = createVendorRouter<Message>(first === undefined ? [noVendor] : [first, ...others], {
    take: (configured) => {
      const sender = shelf.take(configured)
      return sender === null ? null : tracedSender(sender, tracer)
    },
    breakerOf: (vendor) => breakers.of(channel, vendor),
    hints: {
      isOpen: (key) => hints.isOpen(`${channel}:${key}`),
      mayProbe: (key) => hints.mayProbe(`${channel}:${key}`),
      tell: (key, isOpen) => hints.tell(`${channel}:${key}`, isOpen),
    },
  })
  const close = () => {
    for (const sender of own) sender.close()
    shelf.close()
  }
  return { router, close }
}

type Breakers = ReturnType<typeof openBreakers>

/** Senders come and go; a breaker that is forgotten begins closed. */
const MAX_BREAKERS = 5_000

function openBreakers({ logger, metrics }: VendorsOptions, hints: RouterOptions<never>['hints']) {
  const known = new Map<string, { readonly provider: string; readonly breaker: Breaker }>()
  for (const provider of PROVIDERS) {
    const open = () =>
      [...known.values()].filter((each) => each.provider === provider && !each.breaker.isClosed)
    metrics.breakersOpen.observe(() => open().length, { provider })
  }
  return {
    of(channel: ChannelName, { key, provider }: { key: string; provider: string }): Breaker {
      const name = `${channel}:${key}`
      const found = known.get(name)
      if (found !== undefined) return found.breaker
      const breaker = createBreaker((isOpen) => {
        hints.tell(name, isOpen)
        logger.warn(
          { channel, provider, sender: key, is_open: isOpen },
          'a vendor’s breaker opened or closed',
        )
      })
      const [oldest] = known.keys()
      if (known.size >= MAX_BREAKERS && oldest !== undefined) known.delete(oldest)
      known.set(name, { provider, breaker })
      return breaker
    },
  }
}
