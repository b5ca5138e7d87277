// A sandbox with keys to sign receipts with, and in the gateway's place a server that writes down what it is told.

import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import type { Sandbox, SandboxOptions } from '@postern/sandbox/sandbox'
import type { Test } from 'tap'
import type { ToldReceipt } from '../../src/receipt/send-receipts.ts'
import { inbox, mailTo, sendMail, setupSandbox } from '../setup-sandbox.ts'
import { sendSms, smsTo } from '../vendor/twilio/twilio-calls.ts'

export const DELIVERY = '0190a000-0000-7000-8000-000000000001'
export const TENANT = '0190a000-0000-7000-8000-0000000000aa'
export const OTHER_TENANT = '0190a000-0000-7000-8000-0000000000a0'
export const TWILIO_TOKEN = 'the-token-that-signs'
export const GATEWAY_KEY = 'the-key-of-the-gateway'

export interface Heard {
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

export interface Listener {
  readonly url: string
  readonly heard: Heard[]
  /** What it answers next; 200 when nothing is left. */
  readonly answers: (number | 'reset' | 'silence')[]
}

export async function listen(t: Test): Promise<Listener> {
  const heard: Heard[] = []
  const answers: Listener['answers'] = []
  const server: Server = createServer(async (request, response) => {
    heard.push({ url: request.url ?? '', headers: request.headers, body: await buffer(request) })
    const answer = answers.shift() ?? 200
    if (answer === 'reset') request.socket.resetAndDestroy()
    else if (answer !== 'silence') response.writeHead(answer).end(`answer ${heard.length}`)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, heard, answers }
}

export interface Reporting {
  readonly sandbox: Sandbox
  readonly gateway: Listener
  /** Checks what SendGrid and SNS sign. */
  readonly publicKeys: { readonly sendgrid: KeyObject; readonly sns: KeyObject }
  tell(body: object): Promise<{ status: number; receipts: ToldReceipt[]; message: string | undefined }>
}

export async function setupReporting(t: Test, options: SandboxOptions = {}): Promise<Reporting> {
  const gateway = await listen(t)
  const folder = t.testdir({})
  const file = async (name: string, text: string) => {
    await writeFile(join(folder, name), `${text}\n`)
    return join(folder, name)
  }
  const pem = (key: KeyObject) => key.export({ type: 'pkcs8', format: 'pem' }).toString()
  const sendgrid = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const sns = generateKeyPairSync('rsa', { modulusLength: 2_048 })
  const sandbox = await setupSandbox(t, {
    webhookUrl: gateway.url,
    sendgridReceiptKeyFile: await file('sendgrid', pem(sendgrid.privateKey)),
    snsKeyFile: await file('sns', pem(sns.privateKey)),
    snsCertificateFile: await file('certificate', 'what stands for a certificate'),
    gatewayReceiptKeyFile: await file('gateway', GATEWAY_KEY),
    twilioReceiptTokenFile: await file('twilio', `${TWILIO_TOKEN}\nthe-one-before`),
    ...options,
  })
  return {
    sandbox,
    gateway,
    publicKeys: { sendgrid: sendgrid.publicKey, sns: sns.publicKey },
    async tell(body) {
      const response = await fetch(`${sandbox.url}/receipts`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      })
      const answer = (await response.json()) as { receipts?: ToldReceipt[]; error?: { message: string } }
      return { status: response.status, receipts: answer.receipts ?? [], message: answer.error?.message }
    },
  }
}

const MARK = { delivery_id: DELIVERY, attempt: '2', tenant_id: TENANT }

async function newestId(sandbox: Sandbox): Promise<string> {
  const [newest] = await inbox(sandbox)
  return String(newest?.message_id)
}

/** Each sends one marked message to the vendor's double and gives the vendor's id of it. */
export async function mailBySendgrid(sandbox: Sandbox, to = 'ada@example.com'): Promise<string> {
  await sendMail(sandbox, mailTo(to, { personalizations: [{ to: [{ email: to }], custom_args: MARK }] }))
  return await newestId(sandbox)
}

export const callbackOf = (base: string, fragment = '') =>
  `${base}/v1/webhooks/twilio/default/${DELIVERY}?t=${TENANT}&a=2&exp=1800000000&s=mark${fragment}`

export async function smsByTwilio(sandbox: Sandbox, callback: string | undefined): Promise<string> {
  await sendSms(sandbox, smsTo('+4915112345678', { StatusCallback: callback }))
  return await newestId(sandbox)
}

export async function mailBySes(sandbox: Sandbox): Promise<string> {
  const date = new Date().toISOString().replaceAll(/[-:]|\.\d{3}/g, '')
  const mail = {
    FromEmailAddress: 'sign-in@example.com',
    Destination: { ToAddresses: ['ada@example.com'] },
    Content: { Simple: { Subject: { Data: 'Hello' }, Body: { Text: { Data: 'Hello' } } } },
    EmailTags: Object.entries(MARK).map(([Name, Value]) => ({ Name, Value })),
  }
  await fetch(`${sandbox.url}/ses/v2/email/outbound-emails`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-amz-date': date,
      // Without a key file the digest itself is not looked at.
      authorization: `AWS4-HMAC-SHA256 Credential=any/${date.slice(0, 8)}/eu-west-1/ses/aws4_request, SignedHeaders=host;x-amz-date, Signature=${'0'.repeat(64)}`,
    },
    body: JSON.stringify(mail),
  })
  return await newestId(sandbox)
}

export async function smsByGateway(sandbox: Sandbox, id = DELIVERY): Promise<string> {
  const sms = { to: '+4915112345678', text: 'Hello', valid_for_seconds: 300 }
  await fetch(`${sandbox.url}/gateway/messages`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-api-key': 'any',
      'x-timestamp': String(Math.floor(Date.now() / 1_000)),
      'x-signature': `sha256=${'0'.repeat(64)}`,
      'idempotency-key': id,
    },
    body: JSON.stringify({ id, attempt: 2, tenant: TENANT, channel: 'sms', ...sms }),
  })
  return await newestId(sandbox)
}
