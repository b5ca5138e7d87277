// GET /l and what it loads. Opening the page, by a person or a scanner, changes nothing: the token is in the fragment,
// which is never sent, and is spent only by the application it leads to.

import { readFile } from 'node:fs/promises'
import type { FastifyInstance } from 'fastify'

const FILES = [
  { path: '/l', file: 'link.html', type: 'text/html; charset=utf-8' },
  { path: '/l/link.css', file: 'link.css', type: 'text/css; charset=utf-8' },
  { path: '/l/link.js', file: 'link.js', type: 'text/javascript; charset=utf-8' },
]

const HEADERS = {
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'x-robots-tag': 'noindex, nofollow',
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
}

export async function linkPageRoute(app: FastifyInstance): Promise<void> {
  for (const { path, file, type } of FILES) {
    const content = await readFile(new URL(`./page/${file}`, import.meta.url))
    app.get(path, { schema: { hide: true } }, async (_request, reply) => {
      return reply.headers(HEADERS).type(type).send(content)
    })
  }
}
