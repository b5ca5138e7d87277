// Every way to fail, at every vendor that speaks HTTP: what the ledger holds of it is what happened.

import type { Sandbox } from '@postern/sandbox/sandbox'
import t from 'tap'
import { mailBySendgrid, mailBySes, smsByGateway, smsByTwilio } from '../receipt/setup-receipts.ts'
import { calls, inbox, script, setupSandbox } from '../setup-sandbox.ts'

const SENDS: Readonly<Record<string, (sandbox: Sandbox, n: number) => Promise<unknown>>> = {
  sendgrid: (sandbox) => mailBySendgrid(sandbox),
  ses: (sandbox) => mailBySes(sandbox),
  // Of one id it takes one message, so each has its own.
  gateway: (sandbox, n) => smsByGateway(sandbox, `0190a000-0000-7000-8000-${String(n).padStart(12, '0')}`),
  twilio: (sandbox) => smsByTwilio(sandbox, undefined),
}
const ACCEPTING = { sendgrid: 202, ses: 200, gateway: 202, twilio: 201 } as const

/** The fault, whether the message is taken all the same, and what the caller gets; 0: the vendor's own status. */
const FAULTS: readonly (readonly [
  fault: object,
  accepted: boolean,
  outcome: string,
  status: number | null,
])[] = [
  [{ mode: 'status', status: 400 }, false, 'answer', 400],
  [{ mode: 'status', status: 429 }, false, 'answer', 429],
  [{ mode: 'status', status: 503 }, false, 'answer', 503],
  [{ mode: 'timeout', delay_ms: 20 }, false, 'silence', null],
  [{ mode: 'reset_before' }, false, 'reset', null],
  [{ mode: 'accept_then_reset' }, true, 'reset', null],
  [{ mode: 'delay', delay_ms: 20 }, true, 'answer', 0],
  [{ mode: 'slow_body', delay_ms: 20 }, true, 'answer', 0],
  [{ mode: 'bad_body' }, true, 'answer', 0],
  [{ mode: 'bad_body', status: 502 }, false, 'answer', 502],
]

for (const [provider, send] of Object.entries(SENDS)) {
  t.test(`${provider}: each fault does what it says, once, and the ledger tells it`, async (t) => {
    const sandbox = await setupSandbox(t)
    let taken = 0
    for (const [n, [fault, accepted, outcome, status]] of FAULTS.entries()) {
      const what = `${provider} ${JSON.stringify(fault)}`
      t.equal((await script(sandbox, { provider, times: 1, ...fault })).status, 201, what)
      await send(sandbox, n).catch(() => undefined)
      if (accepted) taken += 1
      const own = ACCEPTING[provider as keyof typeof ACCEPTING]
      const { mode } = fault as { mode: string }
      const expected = { accepted, fault: mode, answered: { outcome, status: status === 0 ? own : status } }
      t.match((await calls(sandbox)).slice(n), [expected], what)
      t.equal((await inbox(sandbox)).length, taken, what)
    }
    await send(sandbox, 99)
    t.match((await calls(sandbox)).at(-1), { accepted: true, fault: null }, 'no fault is left over')
  })
}
