// Every answer that a vendor documents, drawn from its double by the real sender, with both sides of the wire written down.

import { createSandbox } from '@postern/sandbox/sandbox'
import type { Exchange } from '@postern/sandbox/vendor/contract'
import type { Test } from 'tap'
import { recordingProxy } from './recording-proxy.ts'
import { keyOptions, type Subject } from './vendor-subjects.ts'

export const REFUSALS = [400, 401, 403, 404, 405, 413, 429, 500, 502, 503] as const

/** In the order of calling: what is taken, then each refusal; where the vendor can be asked, that too. */
export async function contractExchanges(t: Test, subject: Subject): Promise<readonly Exchange[]> {
  const sandbox = await createSandbox(keyOptions(t, subject))
  t.teardown(sandbox.close)
  const { url, exchanges } = await recordingProxy(t, sandbox.url, `/${subject.provider}`)
  const sender = subject.toDouble({ ...sandbox, url })
  t.teardown(() => sender.close())
  const signal = AbortSignal.timeout(60_000)
  const send = (change: object = {}) =>
    sender.send({ ...subject.message, deliveryId: crypto.randomUUID(), ...change } as never, { signal })
  const ask = async (sid: string) => {
    await sender.lookUp?.(subject.message as never, new Date(0), signal)
    await sender.statusOf?.(sid, signal)
  }

  const outcome = await send()
  await ask((outcome.kind === 'accepted' && outcome.providerMessageId) || '')
  for (const status of REFUSALS) {
    await fetch(`${sandbox.url}/faults`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ provider: subject.provider, mode: 'status', status, times: 1 }),
    })
    await send()
  }
  // Refused by the vendor's own rules and not by a script: a number that Twilio says is opted out.
  if (subject.provider === 'twilio') await send({ to: '+15005550004' })
  return exchanges
}
