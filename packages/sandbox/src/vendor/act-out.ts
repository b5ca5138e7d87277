// Brings an answer over the wire, or the fault in its place: the only file that touches sockets.
// Every wait ends when the client goes away, and the sandbox's close destroys what still hangs.

import type { ServerResponse } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import type { FastifyReply } from 'fastify'
import type { Fault } from '../fault/fault.ts'
import type { TakenCall } from './take-call.ts'
import type { VendorAnswer } from './vendor-double.ts'

const NO_ANSWER: VendorAnswer = {
  status: 500,
  headers: {},
  body: '',
  accepted: false,
  messageId: null,
  messages: [],
}

const PROXY_PAGE =
  '<html>\r\n<head><title>Upstream trouble</title></head>\r\n<body><h1>Upstream trouble</h1></body>\r\n</html>\r\n'
const CUT_JSON = '{"errors":[{"message":"this body ends too ea'

/** Resolves when the answer is given or the connection is gone. */
export async function actOut({ answer, fault }: TakenCall, reply: FastifyReply): Promise<FastifyReply> {
  const given = answer ?? NO_ANSWER
  if (fault === null) return await say(given, reply)
  if (fault.mode === 'slow_body') return await saySlowly(given, fault.delay_ms ?? 0, reply)
  if (fault.mode === 'timeout' && fault.delay_ms === undefined) return reply.hijack()
  if (!(await stillThere(reply.raw, fault.delay_ms))) return reply.hijack()
  switch (fault.mode) {
    case 'status':
    case 'delay':
      return await say(given, reply)
    case 'bad_body':
      return await say(spoiled(given, fault), reply)
    default:
      return reset(reply)
  }
}

async function say(answer: VendorAnswer, reply: FastifyReply): Promise<FastifyReply> {
  return await reply.code(answer.status).headers(answer.headers).send(answer.body)
}

function spoiled(answer: VendorAnswer, fault: Fault): VendorAnswer {
  if (fault.status !== undefined)
    return { ...answer, headers: { 'content-type': 'text/html' }, body: PROXY_PAGE }
  return { ...answer, headers: { ...answer.headers, 'content-type': 'application/json' }, body: CUT_JSON }
}

/** A true reset (RST), not an orderly end: clients tell them apart. */
function reset(reply: FastifyReply): FastifyReply {
  reply.hijack()
  reply.raw.socket?.resetAndDestroy()
  return reply
}

/** Status and headers at once, then the body in pieces; an empty body ends late all the same. */
async function saySlowly(answer: VendorAnswer, delayMs: number, reply: FastifyReply): Promise<FastifyReply> {
  reply.hijack()
  const { raw } = reply
  raw.writeHead(answer.status, answer.headers)
  raw.flushHeaders()
  const pieces = inPieces(answer.body)
  for (const piece of pieces) {
    if (!(await stillThere(raw, delayMs / pieces.length))) return reply
    raw.write(piece)
  }
  raw.end()
  return reply
}

function inPieces(body: string): string[] {
  const size = Math.max(1, Math.ceil(body.length / 10))
  return body.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? ['']
}

/** Waits; false when the client went away before the time was over. */
async function stillThere(raw: ServerResponse, delayMs: number | undefined): Promise<boolean> {
  if (delayMs === undefined) return true
  const gone = new AbortController()
  const onClose = () => gone.abort()
  raw.once('close', onClose)
  try {
    await wait(delayMs, undefined, { signal: gone.signal })
    return true
  } catch {
    return false
  } finally {
    raw.off('close', onClose)
  }
}
