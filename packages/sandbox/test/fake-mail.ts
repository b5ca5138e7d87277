// The mail of a link or a code, as the fake notifier hands it to SendGrid's double.

export interface Link {
  readonly id: string
  readonly deliveryId: string
  readonly email: string
  readonly redirectUrl: string
  used: boolean
  /** Of a code that was issued; null: a link. */
  readonly code: string | null
  tries: number
}

interface Looks {
  subject: string
  extraHtml: string
}

const BUTTON = 'display:inline-block;padding:12px 20px;border-radius:8px;background:#2c6350;color:#fff'

export function mailOf({ subject, extraHtml }: Looks, link: Link, address: string): object {
  const [says, shows] =
    link.code === null
      ? ['The link works once, for ten minutes.', `<a style="${BUTTON}" href="${address}">Sign in</a>`]
      : ['The code works once, for five minutes.', `<strong>${link.code}</strong>`]
  return {
    personalizations: [
      { to: [{ email: link.email }], custom_args: { delivery_id: link.deliveryId, attempt: '1' } },
    ],
    from: { email: 'no-reply@postern.example', name: 'Postern Dev' },
    subject: subject,
    content: [
      {
        type: 'text/plain',
        value: `Sign in to Postern Dev:\n\n${address}\n\n${says}`,
      },
      {
        type: 'text/html',
        value: `<!doctype html><html><body style="font:16px/1.5 sans-serif;padding:24px;color:#222"><h1 style="font-size:20px">Sign in to Postern Dev</h1><p>${shows}</p><p>${says} If you did not ask for it, do nothing.</p>${extraHtml}</body></html>`,
      },
    ],
    tracking_settings: { click_tracking: { enable: false, enable_text: false } },
  }
}
