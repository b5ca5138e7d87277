// One suite that every sender passes: the same guarantees, whatever the vendor's wire looks like.

import { once } from 'node:events'
import http from 'node:http'
import net from 'node:net'
import { createSandbox } from '@postern/sandbox/sandbox'
import { contractFaults } from '@postern/sandbox/vendor/contract'
import { CONTRACTS } from '@postern/sandbox/vendor/contracts'
import { freePort } from '@postern/testkit/free-port'
import t, { type Test } from 'tap'
import type { SendContext, SendOutcome } from '../../src/sender/sender.ts'
import { contractExchanges, REFUSALS } from './contract-exchanges.ts'
import { mutationsOf } from './contract-mutations.ts'
import { HTTP_MEANINGS, keyOptions, LINK, SUBJECTS, type Subject } from './vendor-subjects.ts'

const SHORT_MS = 500
/** Long enough for whatever answers, on any machine. */
const LONG_MS = 30_000
/** Longer than that. */
const NEVER_MS = 600_000

interface Call {
  readonly accepted: boolean
  readonly message_id: string | null
  readonly marker: { readonly delivery_id: string; readonly attempt: number } | null
}

async function setup(t: Test, subject: Subject) {
  const sandbox = await createSandbox(keyOptions(t, subject))
  t.teardown(sandbox.close)
  const within = (timeoutMs: number) => {
    const sender = subject.toDouble(sandbox)
    t.teardown(() => sender.close())
    return (context: Partial<SendContext> = {}, change: object = {}) =>
      sender.send({ ...subject.message, ...change } as never, {
        signal: AbortSignal.timeout(timeoutMs),
        ...context,
      })
  }
  const ask = async (path: string, body?: object): Promise<never> => {
    const init = body ? { method: 'POST', body: JSON.stringify(body) } : {}
    const headers = { 'content-type': 'application/json' }
    return (await (await fetch(`${sandbox.url}${path}`, { ...init, headers })).json()) as never
  }
  return {
    send: within(LONG_MS),
    /** For what never answers, or never to its end. */
    within,
    fault: (fault: object) => ask('/faults', { provider: subject.provider, times: 1, ...fault }),
    calls: async (): Promise<Call[]> => await ask('/calls'),
    inbox: async (): Promise<Record<string, unknown>[]> => await ask('/inbox/messages'),
  }
}

async function listening(t: Test, server: net.Server): Promise<number> {
  const sockets = new Set<net.Socket>()
  server.on('connection', (socket) => sockets.add(socket))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return (server.address() as net.AddressInfo).port
}

const sendTo = (t: Test, subject: Subject, port: number, timeoutMs = LONG_MS): Promise<SendOutcome> => {
  const sender = subject.toPort(port)
  t.teardown(() => sender.close())
  return sender.send(subject.message as never, { signal: AbortSignal.timeout(timeoutMs) })
}

const FAULTS: Readonly<Record<string, object>> = {
  ...Object.fromEntries(
    [400, 401, 403, 413, 429, 500, 502, 503].map((status) => [
      `status ${status}`,
      { mode: 'status', status },
    ]),
  ),
  timeout: { mode: 'timeout' },
  reset_before: { mode: 'reset_before' },
  accept_then_reset: { mode: 'accept_then_reset' },
  delay: { mode: 'delay', delay_ms: NEVER_MS },
  slow_body: { mode: 'slow_body', delay_ms: NEVER_MS },
  bad_body: { mode: 'bad_body' },
  'bad_body 502': { mode: 'bad_body', status: 502 },
}

/** What these mean is told by a deadline that passes; the last has a status to read before. */
const DEADLINES: Readonly<Record<string, number>> = {
  timeout: SHORT_MS,
  delay: SHORT_MS,
  slow_body: 3 * SHORT_MS,
}

for (const subject of SUBJECTS) {
  const { name, provider, message } = subject
  const means = { ...HTTP_MEANINGS, ...subject.means }

  t.test(`${name}: a message arrives as it was written, is marked, and its id is the vendor’s`, async (t) => {
    const { send, calls, inbox } = await setup(t, subject)
    const outcome = await send()
    t.equal(outcome.kind, 'accepted')
    const [call, ...more] = await calls()
    t.same(more, [], 'one call')
    t.match(call, { accepted: true, marker: { delivery_id: message.deliveryId, attempt: 2 } })
    t.ok(call?.message_id)
    t.same(outcome, { kind: 'accepted', providerMessageId: call?.message_id })
    const { to, text } = message
    const mail = 'subject' in message && {
      subject: message.subject,
      html: message.html,
      from: message.from.email,
      from_name: message.from.name,
    }
    t.match(await inbox(), [{ provider, to, text, ...mail }])
  })

  t.test(`${name}: every fault has its meaning, and what was not accepted was not sent`, async (t) => {
    const { send, within, fault, calls } = await setup(t, subject)
    for (const [what, scripted] of Object.entries(FAULTS)) {
      const before = (await calls()).length
      await fault(scripted)
      const deadline = DEADLINES[what]
      const sending = deadline === undefined ? send : within(deadline)
      const outcome = await sending({}, { deliveryId: crypto.randomUUID() })
      t.match(outcome, means[what] ?? {}, what)
      t.equal('answered' in outcome, means[what]?.answered === true, `${what}: answered or not`)
      const [call, ...more] = (await calls()).slice(before)
      t.same(more, [], `${what}: one call`)
      if (outcome.kind === 'permanent' || outcome.kind === 'retryable') t.equal(call?.accepted, false, what)
    }
  })

  t.test(`${name}: where nobody listens, surely nothing was sent`, async (t) => {
    const refused = await sendTo(t, subject, await freePort())
    t.same(refused, { kind: 'retryable', code: 'connection_refused' })
  })

  t.test(`${name}: a listener that says nothing at all costs the deadline and no more`, async (t) => {
    const port = await listening(t, net.createServer())
    const began = performance.now()
    const outcome = await sendTo(t, subject, port, SHORT_MS)
    t.match(outcome, { kind: subject.speaksHttp ? 'unknown' : 'retryable', code: 'timeout' })
    t.ok(performance.now() - began < SHORT_MS + 20_000)
  })

  t.test(`${name}: an answer without end is cut off`, async (t) => {
    const endless = net.createServer((socket) => {
      const line = subject.speaksHttp
        ? 'HTTP/1.1 500 No\r\ncontent-type: text/plain\r\n\r\n'
        : '220-hello\r\n'
      const pour = () => {
        while (socket.writable && socket.write('220-'.padEnd(16_000, 'x').concat('\r\n')));
      }
      socket.on('error', () => undefined).on('drain', pour)
      socket.write(line)
      pour()
    })
    const port = await listening(t, endless)
    const outcome = await sendTo(t, subject, port)
    t.match(outcome, subject.speaksHttp ? (means['status 500'] ?? {}) : { kind: 'retryable' })
  })

  t.test(`${name}: a call that is given up is over at once, or is not made`, async (t) => {
    const { send, fault, calls } = await setup(t, subject)
    t.same(await send({ signal: AbortSignal.abort() }), { kind: 'retryable', code: 'timeout' })
    t.same(await calls(), [])
    await fault({ mode: 'timeout' })
    const began = performance.now()
    const client = new AbortController()
    const sent = send({ signal: client.signal })
    while ((await calls()).length === 0);
    client.abort()
    t.match(await sent, means.abort ?? {})
    t.ok(performance.now() - began < LONG_MS / 2)
  })

  t.test(`${name}: a call that may not begin any more writes nothing of the message`, async (t) => {
    const { send, calls } = await setup(t, subject)
    t.same(await send({ mayBegin: () => false }), { kind: 'retryable', code: 'started_too_late' })
    t.same(
      (await calls()).filter(({ accepted }) => accepted),
      [],
    )
  })

  t.test(`${name}: the moment at which the request was written is told once`, async (t) => {
    const { send } = await setup(t, subject)
    let written = 0
    for (const times of [1, 2]) {
      await send({ onWritten: () => (written += 1) }, { deliveryId: crypto.randomUUID() })
      t.equal(written, times)
    }
  })

  t.test(`${name}: neither keys, nor the message, nor the vendor’s words are in an outcome`, async (t) => {
    const { within, fault } = await setup(t, subject)
    const sendHastily = within(SHORT_MS)
    // Twilio's codes are numbers.
    const said = provider === 'twilio' ? {} : { error_code: `canary ${LINK}` }
    const faults = [...Object.values(FAULTS), { mode: 'status', status: 400, ...said }]
    for (const scripted of faults) {
      await fault(scripted)
      t.notMatch(JSON.stringify(await sendHastily({}, { deliveryId: crypto.randomUUID() })), /canary/)
    }
  })

  t.test(`${name}: nothing of the environment is asked`, async (t) => {
    const asked: string[] = []
    const spy = await listening(
      t,
      http.createServer((request, response) => {
        asked.push(request.url ?? '')
        response.writeHead(500).end()
      }),
    )
    const url = `http://127.0.0.1:${spy}`
    const names = ['http_proxy', 'HTTP_PROXY', 'all_proxy', 'AWS_ENDPOINT_URL', 'AWS_ENDPOINT_URL_SESV2']
    const before = names.map((name) => [name, process.env[name]] as const)
    t.teardown(() => {
      for (const [name, value] of before) {
        if (value === undefined) delete process.env[name]
        else process.env[name] = value
      }
    })
    for (const name of names) process.env[name] = url
    const { send } = await setup(t, subject)
    t.equal((await send()).kind, 'accepted')
    t.same(asked, [])
  })

  t.test(`${name}: thirty messages at once are thirty calls`, async (t) => {
    const { send, calls } = await setup(t, subject)
    const outcomes = await Promise.all(
      Array.from({ length: 30 }, () => send({}, { deliveryId: crypto.randomUUID() })),
    )
    t.ok(outcomes.every(({ kind }) => kind === 'accepted'))
    t.equal(new Set((await calls()).map(({ message_id }) => message_id)).size, 30)
  })

  if (!subject.speaksHttp) continue

  t.test(`${name}: a redirect is not followed`, async (t) => {
    for (const status of [301, 302, 303, 307, 308]) {
      const paths: (string | undefined)[] = []
      const port = await listening(
        t,
        http.createServer((request, response) => {
          paths.push(request.url)
          response.writeHead(status, { location: '/elsewhere' }).end()
        }),
      )
      const outcome = await sendTo(t, subject, port)
      t.same(outcome, { kind: 'retryable', code: 'vendor_misconfigured' }, `${status}`)
      t.equal(paths.length, 1)
    }
  })

  t.test(`${name}: how long it wants to be left alone is honoured`, async (t) => {
    for (const status of [429, 503]) {
      const port = await listening(
        t,
        http.createServer((_, response) => response.writeHead(status, { 'retry-after': '7' }).end()),
      )
      t.match(await sendTo(t, subject, port), { kind: 'retryable', afterMs: 7_000 }, `${status}`)
    }
  })

  t.test(`${name}: requests and answers keep the published contract, and nothing spoilt would`, async (t) => {
    const operations = CONTRACTS.get(provider) ?? []
    const exchanges = await contractExchanges(t, subject)
    for (const exchange of exchanges) {
      const { method, path, answer } = exchange
      t.same(contractFaults(operations, exchange), [], `${method} ${path}, answered ${answer.status}`)
      const unseen = mutationsOf(exchange).filter(
        ({ exchange: spoilt }) => contractFaults(operations, spoilt).length === 0,
      )
      t.same(
        unseen.map(({ what }) => what),
        [],
        `${method}, answered ${answer.status}: every spoilt one is found`,
      )
      t.ok(mutationsOf(exchange).length >= 8)
    }
    const seen = new Set(exchanges.map(({ answer }) => answer.status))
    for (const status of REFUSALS) t.ok(seen.has(status), `${status} was seen`)
    t.ok(exchanges.some(({ method, answer }) => method === 'POST' && answer.status < 300))
    if (provider === 'twilio') t.equal(exchanges.filter(({ method }) => method === 'GET').length, 2)
  })
}
