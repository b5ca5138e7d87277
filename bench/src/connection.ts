// One connection of HTTP/1.1 with one request on it at a time, as cheaply as Node makes one: the load shares its processors with
// what it measures, so its own cost is in every figure, and the more so the faster a system is. It reads what the measured
// servers send: ASCII, with a length, in chunks, or without a body.

import { connect, type Socket } from 'node:net'
import type { PeerAnswer, PeerRequest } from './peer/peer.ts'

export interface Answer extends PeerAnswer {
  status: number
}

interface Caller {
  resolve: (answer: Answer) => void
  reject: (error: Error) => void
}

const HEAD_END = '\r\n\r\n'

/** The text of a request as it goes over the wire. */
export function wireOf({ method, path, headers, body = '' }: PeerRequest, url: string): string {
  const all = {
    host: new URL(url).host,
    ...headers,
    ...(body && { 'content-length': Buffer.byteLength(body) }),
  }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
  return `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n${body}`
}

export class Connection {
  readonly #socket: Socket
  #text = ''
  #caller: Caller | undefined
  #broken: Error | undefined

  constructor(url: string) {
    const { hostname, port } = new URL(url)
    this.#socket = connect({ host: hostname, port: Number(port), noDelay: true }).setEncoding('latin1')
    this.#socket.on('data', (text: string) => this.#take(text))
    this.#socket.on('error', (error) => this.#break(error))
    this.#socket.on('close', () => this.#break(new Error('the connection was closed')))
  }

  /** One at a time. @throws when the connection breaks before the answer is whole, or the answer cannot be read */
  ask(wire: string): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (this.#broken) return reject(this.#broken)
      if (this.#caller) return reject(new Error('one at a time'))
      this.#caller = { resolve, reject }
      this.#socket.write(wire)
    })
  }

  close(): void {
    this.#socket.destroy()
  }

  #take(text: string): void {
    this.#text += text
    try {
      const answer = readAnswer(this.#text)
      if (answer !== undefined) this.#tell(answer)
    } catch (error) {
      this.#socket.destroy(error as Error)
    }
  }

  #tell(answer: Answer): void {
    this.#text = ''
    const caller = this.#caller
    this.#caller = undefined
    caller?.resolve(answer)
  }

  #break(error: Error): void {
    this.#broken ??= error
    this.#caller?.reject(error)
  }
}

/** The answer, once all of it is there. @throws for what is none */
export function readAnswer(text: string): Answer | undefined {
  const end = text.indexOf(HEAD_END)
  if (end < 0) return undefined
  const head = text.slice(0, end)
  const status = /^HTTP\/1\.1 (\d{3}) /.exec(`${head} `)?.[1]
  if (status === undefined) throw new Error(`no answer: ${head.slice(0, 100)}`)
  const body = bodyOf(head, text.slice(end + HEAD_END.length))
  return body === undefined ? undefined : { status: Number(status), head, body }
}

function bodyOf(head: string, rest: string): string | undefined {
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1]
  if (length !== undefined) return rest.length < Number(length) ? undefined : rest.slice(0, Number(length))
  if (/\r\ntransfer-encoding: *chunked/i.test(head)) return joinChunks(rest)
  if (/^HTTP\/1\.1 (?:204|304) /.test(head)) return ''
  throw new Error(`no length: ${head.slice(0, 100)}`)
}

function joinChunks(text: string): string | undefined {
  let body = ''
  for (let at = 0; ; ) {
    const line = text.indexOf('\r\n', at)
    if (line < 0) return undefined
    const size = Number.parseInt(text.slice(at, line), 16)
    if (Number.isNaN(size)) throw new Error(`no size of a chunk: ${text.slice(at, line)}`)
    const next = line + 2 + size + 2
    if (text.length < next) return undefined
    if (size === 0) return body
    body += text.slice(line + 2, line + 2 + size)
    at = next
  }
}
