// GET /inbox/messages/{id}/html: a mail's HTML as a document of its own, for the pages' frames.
// Whatever the mail holds, its policy lets no script run, nothing load from elsewhere and no form go out;
// opened directly it is as powerless as in the frame. Its links open in a new tab.

import { Type } from 'typebox'
import type { TypedApp } from '../http/typed-app.ts'
import type { Inbox } from './inbox.ts'

const MAIL_POLICY = [
  "default-src 'none'",
  "style-src 'unsafe-inline'",
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'self'",
  'sandbox allow-popups allow-popups-to-escape-sandbox',
].join('; ')

const IdParams = Type.Object({ id: Type.String({ format: 'uuid' }) }, { additionalProperties: false })

export async function showHtmlRoute(app: TypedApp, { inbox }: { readonly inbox: Inbox }): Promise<void> {
  app.get('/inbox/messages/:id/html', { schema: { params: IdParams } }, async (request, reply) => {
    const html = inbox.find(request.params.id)?.html
    if (html === null || html === undefined) return reply.callNotFound()
    return await reply
      .header('content-security-policy', MAIL_POLICY)
      .type('text/html; charset=utf-8')
      .send(withLinksInNewTabs(html))
  })
}

/** The first `base` that has a target wins, so ours stands before anything of the mail but its doctype. */
function withLinksInNewTabs(html: string): string {
  const doctype = /^\s*<!doctype[^>]*>/i.exec(html)?.[0] ?? '<!doctype html>'
  const rest = html.replace(/^\s*<!doctype[^>]*>/i, '')
  return `${doctype}<base target="_blank">${rest}`
}
