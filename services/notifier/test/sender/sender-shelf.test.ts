import { capturedLogger } from '@postern/testkit/captured-logs'
import { manualClock } from '@postern/testkit/manual-clock'
import t from 'tap'
import { type ConfiguredSender, SenderFault, type SenderPlan } from '../../src/sender/configured-sender.ts'
import { createSenderShelf } from '../../src/sender/sender-shelf.ts'

const SENDER: ConfiguredSender = {
  id: '0190a000-0000-7000-8000-000000000001',
  provider: 'ses',
  settings: { region: 'eu-west-1' },
  secret: 'acme',
  version: '1',
}

function setup() {
  const clock = manualClock()
  const logs = capturedLogger('notifier')
  const built: SenderPlan[] = []
  const files = new Map<string, string>([['acme', 'canary-secret']])
  const notReady: string[] = []
  const shelf = createSenderShelf<never>({
    channel: 'email',
    build: (plan) => {
      if (plan.settings === 'broken') throw new SenderFault('settings_malformed')
      built.push(plan)
      return {
        provider: plan.provider,
        send: async () => ({ kind: 'permanent', code: 'x' }),
        close: () => undefined,
      }
    },
    readSecret: (name) => {
      if (files.get(name) === 'unreadable') throw new Error('canary-secret is too short')
      return files.get(name)
    },
    clock,
    logger: logs.logger,
    onNotReady: (provider) => notReady.push(provider),
  })
  return {
    clock,
    logs,
    built,
    files,
    notReady,
    take: (more: Partial<ConfiguredSender> = {}) => shelf.take({ ...SENDER, ...more }),
  }
}

t.test('a sender is built once, with its credential, until something about it changes', async (t) => {
  const { clock, built, files, take } = setup()
  const first = take()
  t.match(built, [{ channel: 'email', provider: 'ses', settings: SENDER.settings, secret: 'canary-secret' }])
  clock.advance(60_000)
  t.equal(take(), first, 'looked at again, and nothing changed')
  t.not(take({ version: '2' }), first, 'the row was changed')
  files.set('acme', 'another')
  clock.advance(1_000)
  take({ version: '2' })
  t.equal(built.length, 2, 'a file is not looked at with every delivery')
  clock.advance(5_000)
  take({ version: '2' })
  t.equal(built.at(-1)?.secret, 'another', 'but a new credential is taken soon')
})

t.test(
  'one that cannot be built is passed over and told once; it is ready as soon as it can be',
  async (t) => {
    for (const [fault, change] of [
      ['secret_missing', {}],
      ['secret_unusable', {}],
      ['settings_malformed', { settings: 'broken' }],
    ] as const) {
      const { clock, logs, files, notReady, take } = setup()
      if (fault === 'secret_missing') files.delete('acme')
      if (fault === 'secret_unusable') files.set('acme', 'unreadable')
      for (let n = 0; n < 3; n += 1) {
        t.equal(take(change), null, fault)
        clock.advance(5_000)
      }
      t.equal(notReady.length, 3, 'counted each time')
      const told = logs.lines().filter((line) => line.fault === fault)
      t.equal(told.length, 1, 'told once')
      t.match(told, [{ sender_id: SENDER.id, file: 'sender-acme', provider: 'ses' }])
      t.notMatch(logs.text(), 'canary')
      files.set('acme', 'canary-secret')
      t.ok(take({ version: '2' }), 'mended')
    }
  },
)

t.test('a mail server that asks for no login needs no file', async (t) => {
  const { built, take } = setup()
  t.ok(take({ provider: 'smtp', secret: null }))
  t.equal(built[0]?.secret, null)
})
