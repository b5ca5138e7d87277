// The sandbox's pages and what they load: named files of `public`, read once at the start, nothing else.

import { readFile } from 'node:fs/promises'
import type { FastifyInstance } from 'fastify'

const HTML = 'text/html; charset=utf-8'
const SCRIPT = 'text/javascript; charset=utf-8'
const STYLE = 'text/css; charset=utf-8'

const PAGES = [
  { paths: ['/', '/callback', '/callback/:sign_in'], file: 'demo.html', type: HTML },
  { paths: ['/inbox'], file: 'inbox.html', type: HTML },
  { paths: ['/drill'], file: 'drill.html', type: HTML },
  { paths: ['/assets/look.css'], file: 'look.css', type: STYLE },
  { paths: ['/assets/frame.css'], file: 'frame.css', type: STYLE },
  { paths: ['/assets/demo.css'], file: 'demo.css', type: STYLE },
  { paths: ['/assets/inbox.css'], file: 'inbox.css', type: STYLE },
  { paths: ['/assets/drill.css'], file: 'drill.css', type: STYLE },
  { paths: ['/assets/mail.css'], file: 'mail.css', type: STYLE },
  { paths: ['/assets/demo.js'], file: 'demo.js', type: SCRIPT },
  { paths: ['/assets/inbox.js'], file: 'inbox.js', type: SCRIPT },
  { paths: ['/assets/sign-in-view.js'], file: 'sign-in-view.js', type: SCRIPT },
  { paths: ['/assets/drill.js'], file: 'drill.js', type: SCRIPT },
  { paths: ['/assets/calls-view.js'], file: 'calls-view.js', type: SCRIPT },
  { paths: ['/assets/faults-view.js'], file: 'faults-view.js', type: SCRIPT },
  { paths: ['/assets/receipts-view.js'], file: 'receipts-view.js', type: SCRIPT },
  { paths: ['/assets/dom.js'], file: 'dom.js', type: SCRIPT },
  { paths: ['/assets/mail-view.js'], file: 'mail-view.js', type: SCRIPT },
  { paths: ['/assets/trail-view.js'], file: 'trail-view.js', type: SCRIPT },
  { paths: ['/assets/postern.svg', '/favicon.ico'], file: 'postern.svg', type: 'image/svg+xml' },
]

export async function pagesRoute(app: FastifyInstance): Promise<void> {
  for (const { paths, file, type } of PAGES) {
    const content = await readFile(new URL(`../public/${file}`, import.meta.url))
    for (const path of paths) app.get(path, async (_request, reply) => await reply.type(type).send(content))
  }
}
