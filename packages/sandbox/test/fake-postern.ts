// A stand-in for gateway, notifier and audit in one small server, for the demo's tests only: it issues links
// and codes, mails them through the sandbox as the notifier would, shows the `/l` page, verifies once and tells events.

import { randomBytes, randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { EVENT_KINDS, type EventKind } from '@postern/contracts/event-kinds'
import type { Test } from 'tap'
import { type Link, mailOf } from './fake-mail.ts'

export const API_KEY = 'pk_canaryprefix_canary-secret-of-the-api-key'
export const ACCESS_TOKEN = 'canary-access-token'
export const REFRESH_TOKEN = 'canary-refresh-token'

export interface FakePostern {
  readonly url: string
  /** Where it mails to; set once the sandbox listens. */
  sandboxUrl: string
  /** HTML that is put into each mail, below the link. */
  extraHtml: string
  subject: string
  /** Answers of verify carry this in place of a session. */
  mfa: object | null
  /** By the token of a link, by the id of a code. */
  readonly links: Map<string, Link>
  readonly seen: string[]
  close(): Promise<void>
}

export async function fakePostern(t: Test): Promise<FakePostern> {
  const fake = new Fake()
  await fake.listen()
  t.teardown(() => fake.close())
  return fake
}

class Fake implements FakePostern {
  readonly links = new Map<string, Link>()
  readonly seen: string[] = []
  readonly #events: Record<string, unknown>[] = []
  readonly #server = createServer((request, response) => {
    // A sandbox that closes with its test resets what is under way to it.
    this.#answer(request, response).catch(() => response.destroy())
  })
  url = ''
  sandboxUrl = ''
  extraHtml = ''
  subject = 'Sign in to Postern Dev'
  mfa: object | null = null

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '/', this.url)
    const text = Buffer.concat(await request.toArray()).toString()
    const body = text === '' ? {} : JSON.parse(text)
    this.seen.push(`${request.method} ${pathname}`)
    if (pathname === '/livez' || pathname === '/favicon.ico') return json(response, 200, {})
    if (pathname === '/l') return html(response, LINK_PAGE)
    if (pathname === '/l/resolve') return json(response, 200, this.#resolve(body.token))
    if (request.headers.authorization !== `Bearer ${API_KEY}`) return refuse(response, 401, 'UNAUTHENTICATED')
    if (pathname === '/v1/magic-links') return await this.#issue(response, body)
    if (pathname === '/v1/magic-links/verify') return this.#verify(response, body.token)
    if (pathname === '/v1/otps') return await this.#issue(response, { email: body.to, redirect_url: '' })
    if (pathname === '/v1/otps/verify') return this.#tryCode(response, body)
    if (pathname === '/v1/events') return ok(response, 200, this.#eventsOf(searchParams.get('subject')))
    refuse(response, 404, 'NOT_FOUND')
  }

  async #issue(response: ServerResponse, body: { email: string; redirect_url: string }): Promise<void> {
    if (!body.email.includes('@')) return refuse(response, 400, 'VALIDATION_FAILED')
    const link = {
      id: randomUUID(),
      deliveryId: randomUUID(),
      email: body.email,
      redirectUrl: body.redirect_url,
      used: false,
      code: body.redirect_url === '' ? '042137' : null,
      tries: 0,
    }
    const token = link.code === null ? randomBytes(82).toString('base64url') : link.id
    this.links.set(token, link)
    this.#tell('challenge.issued', `challenge:${link.id}`)
    const delivery = { id: link.deliveryId, status: 'pending' }
    ok(response, 202, { id: link.id, purpose: 'sign_in', expires_at: soon(), resend_after: soon(), delivery })
    await this.mail(link, link.code ?? `${this.url}/l#${token}`)
  }

  async mail(link: Link, address: string): Promise<void> {
    const subject = `delivery:${link.deliveryId}`
    this.#tell('delivery.queued', subject)
    this.#tell('delivery.attempted', subject)
    await fetch(`${this.sandboxUrl}/sendgrid/v3/mail/send`, {
      method: 'POST',
      headers: { authorization: 'Bearer SG.any', 'content-type': 'application/json' },
      body: JSON.stringify(mailOf(this, link, address)),
    })
    this.#tell('delivery.accepted', subject)
  }

  #resolve(token: string): object {
    return { tenant_name: 'Postern Dev', redirect_url: this.links.get(token)?.redirectUrl }
  }

  #tryCode(response: ServerResponse, { id, code }: { id: string; code: string }): void {
    const link = this.links.get(id)
    if (link !== undefined && code !== link.code) {
      link.tries += 1
      refuse(response, 401, 'INVALID_CODE', [{ remaining_attempts: 5 - link.tries }])
      return
    }
    this.#verify(response, id)
  }

  #verify(response: ServerResponse, token: string): void {
    const link = this.links.get(token)
    if (link === undefined) {
      refuse(response, 401, 'INVALID_TOKEN')
      return
    }
    if (link.used) {
      refuse(response, 401, 'TOKEN_USED')
      this.#tell('challenge.refused', `challenge:${link.id}`, { outcome: 'refused', reason: 'used' })
      return
    }
    link.used = true
    const [userId, sessionId] = [randomUUID(), randomUUID()]
    this.#tell('challenge.verified', `challenge:${link.id}`)
    this.#tell('user.created', `user:${userId}`)
    this.#tell('session.opened', `session:${sessionId}`, { data: { challenge_id: link.id } })
    const session = {
      id: sessionId,
      access_token: ACCESS_TOKEN,
      token_type: 'Bearer',
      expires_in: 600,
      refresh_token: REFRESH_TOKEN,
      refresh_expires_at: soon(),
      amr: [link.code === null ? 'magic_link' : 'otp_email'],
      acr: 'urn:postern:acr:single-factor',
    }
    const user = {
      id: userId,
      email: link.email,
      email_verified_at: soon(),
      phone: null,
      phone_verified_at: null,
    }
    ok(response, 200, {
      user: { ...user, is_active: true, created_at: soon() },
      created: true,
      purpose: 'sign_in',
      session: this.mfa === null ? session : null,
      mfa: this.mfa,
    })
  }

  #tell(kind: EventKind, subject: string, more: Record<string, unknown> = {}): void {
    if (!(kind in EVENT_KINDS)) throw new Error(`no such event: ${kind}`)
    const [type = '', id = ''] = subject.split(':')
    const at = new Date(Date.now() + this.#events.length).toISOString()
    const when = { occurred_at: at, recorded_at: at }
    const actor = { type: 'api_key', id: randomUUID() }
    const rest = { request: null, outcome: 'success', reason: null, trace_id: null, data: {}, ...more }
    this.#events.push({
      id: randomUUID(),
      kind,
      tenant_id: randomUUID(),
      ...when,
      actor,
      subject: { type, id },
      ...rest,
    })
  }

  #eventsOf(subject: string | null): object {
    const of = (event: Record<string, unknown>) => {
      const { type, id } = event.subject as { type: string; id: string }
      return `${type}:${id}`
    }
    return { items: this.#events.filter((event) => of(event) === subject).reverse(), next_cursor: null }
  }
}

const LINK_PAGE = `<!doctype html><title>Continue</title><button>Continue</button><script>
const token = location.hash.slice(1)
document.querySelector('button').onclick = async () => {
  const answer = await fetch('/l/resolve', { method: 'POST', body: JSON.stringify({ token }) })
  location.href = (await answer.json()).redirect_url + '#postern_token=' + token
}
</script>`

function soon(): string {
  return new Date(Date.now() + 600_000).toISOString()
}

function meta(): object {
  return { timestamp: new Date().toISOString(), request_id: randomUUID() }
}

function ok(response: ServerResponse, status: number, data: object): void {
  json(response, status, { success: true, data, error: null, meta: meta() })
}

function refuse(response: ServerResponse, status: number, code: string, details?: object[]): void {
  json(response, status, {
    success: false,
    data: null,
    error: { code, message: `Refused: ${code}.`, ...(details && { details }) },
    meta: meta(),
  })
}

function json(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

function html(response: ServerResponse, page: string): void {
  response.writeHead(200, { 'content-type': 'text/html' }).end(page)
}
