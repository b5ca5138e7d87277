// What clients want, drawn from the seed: links and codes by mail and SMS, now or later, some asked for again, revoked,
// guessed at or proven.

import type { Tenant } from '../house/tenants.ts'
import type { Intent } from '../oracle/evidence.ts'
import type { Seeded } from '../seeded.ts'

/** What becomes of an intent after it was promised. */
export type Fate = 'left' | 'proven' | 'revoked' | 'guessed' | 'replaced' | 'cancelled' | 'moved'

export interface Wish {
  readonly intent: Intent
  /** Milliseconds after the load begins. */
  readonly after: number
  /** Seconds from when it is asked for; null: at once. */
  readonly later: number | null
  readonly fate: Fate
}

export interface LoadInput {
  readonly random: Seeded
  readonly scenario: number
  readonly tenants: readonly [Tenant, ...Tenant[]]
  readonly count: number
  /** Over how long they are asked for. Milliseconds. */
  readonly over: number
  /** The only channel; both unless told. */
  readonly channel?: 'email' | 'sms'
}

const MAIL = ['link', 'link', 'code', 'notice'] as const
const SMS = ['code', 'code', 'notice'] as const
const FATES: readonly [Fate, ...Fate[]] = [
  'left',
  'left',
  'left',
  'proven',
  'proven',
  'proven',
  'revoked',
  'guessed',
  'replaced',
  'cancelled',
  'moved',
]

let asked = 0

export function planLoad({ random, scenario, tenants, count, over, channel }: LoadInput): Wish[] {
  return Array.from({ length: count }, () => {
    const by = channel ?? random.pick(['email', 'email', 'sms'] as const)
    const kind: Intent['kind'] = random.pick(by === 'sms' ? SMS : MAIL)
    const tenant = random.pick(tenants)
    const fate = fitting(random.pick(FATES), kind, by)
    const later = fate === 'moved' || random.below(8) === 0 ? 1 + random.below(3) : null
    const intent = newIntent({ scenario, tenant, kind, channel: by, to: recipient(by) })
    return { intent, after: random.below(Math.max(over, 1)), later, fate }
  })
}

/** Notices hold nothing to prove; codes alone are guessed. Replaced are mails: messages of two intents to one number could not be told apart. */
function fitting(fate: Fate, kind: Intent['kind'], channel: Intent['channel']): Fate {
  if (kind === 'notice') return fate === 'cancelled' || fate === 'moved' ? fate : 'left'
  if (fate === 'guessed' && kind === 'link') return 'proven'
  return fate === 'replaced' && channel === 'sms' ? 'left' : fate
}

type Told = Pick<Intent, 'scenario' | 'kind' | 'channel' | 'to'> & { readonly tenant: Tenant }

export function newIntent({ tenant, ...told }: Told): Intent {
  asked += 1
  return {
    ...told,
    key: `${told.scenario}.${asked}`,
    tenant: tenant.id,
    tenantName: tenant.name,
    answer: null,
    refusal: null,
    revoked: false,
    cancelled: false,
    notBefore: null,
    proofs: [],
    foreignProofs: [],
    judgedGuesses: 0,
  }
}

/** One that no other intent has; of numbers, mobile ones. */
export function recipient(channel: 'email' | 'sms'): string {
  asked += 1
  return channel === 'email' ? `person-${asked}@example.com` : `+491512${String(asked).padStart(7, '0')}`
}
