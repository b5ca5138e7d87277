// The body of SendGrid's POST /v3/mail/send, in our own words, from the facts of its published API
// (https://www.twilio.com/docs/sendgrid/api-reference/mail-send; description: twilio/sendgrid-oai tsg_mail_v3.json).
//
// Stricter than the published description where that is known to be loose: objects are closed, so that a
// misspelt parameter fails here and not in production, and `custom_args` is a map of strings at both levels
// (the description types the outer one as a string, which no client sends).

import { type Static, type TSchema, Type } from 'typebox'

const closed = { additionalProperties: false } as const
const Text = Type.String({ minLength: 1 })
const optionalText = Type.Optional(Type.String())
const Mailbox = Type.Object({ email: Type.String({ format: 'email' }), name: optionalText }, closed)
const Recipients = Type.Array(Mailbox, { maxItems: 1000 })
const StringMap = Type.Record(Type.String(), Type.String(), { maxProperties: 10_000 })
const UnixSeconds = Type.Integer({ minimum: 0 })

/** A setting object: every one can be switched, some take more. */
function setting(more: Record<string, TSchema> = {}) {
  return Type.Optional(Type.Object({ enable: Type.Optional(Type.Boolean()), ...more }, closed))
}

const Personalization = Type.Object(
  {
    from: Type.Optional(Mailbox),
    to: Type.Array(Mailbox, { minItems: 1, maxItems: 1000 }),
    cc: Type.Optional(Recipients),
    bcc: Type.Optional(Recipients),
    subject: Type.Optional(Text),
    headers: Type.Optional(StringMap),
    substitutions: Type.Optional(StringMap),
    dynamic_template_data: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
    custom_args: Type.Optional(StringMap),
    send_at: Type.Optional(UnixSeconds),
  },
  closed,
)

const Content = Type.Object(
  { type: Type.String({ minLength: 1, pattern: '^[^;,\\r\\n]+$' }), value: Text },
  closed,
)

const Attachment = Type.Object(
  {
    content: Text,
    filename: Text,
    type: Type.Optional(Text),
    disposition: Type.Optional(Type.Enum(['inline', 'attachment'])),
    content_id: optionalText,
  },
  closed,
)

const Unsubscribing = Type.Object(
  {
    group_id: Type.Integer(),
    groups_to_display: Type.Optional(Type.Array(Type.Integer(), { maxItems: 25 })),
  },
  closed,
)

const MailSettings = Type.Object(
  {
    bypass_list_management: setting(),
    bypass_spam_management: setting(),
    bypass_bounce_management: setting(),
    bypass_unsubscribe_management: setting(),
    footer: setting({ text: optionalText, html: optionalText }),
    sandbox_mode: setting(),
  },
  closed,
)

const TrackingSettings = Type.Object(
  {
    click_tracking: setting({ enable_text: Type.Optional(Type.Boolean()) }),
    open_tracking: setting({ substitution_tag: optionalText }),
    subscription_tracking: setting({
      text: optionalText,
      html: optionalText,
      substitution_tag: optionalText,
    }),
    ganalytics: setting({
      utm_source: optionalText,
      utm_medium: optionalText,
      utm_term: optionalText,
      utm_content: optionalText,
      utm_campaign: optionalText,
    }),
  },
  closed,
)

export const MailSend = Type.Object(
  {
    personalizations: Type.Array(Personalization, { minItems: 1, maxItems: 1000 }),
    from: Mailbox,
    reply_to: Type.Optional(Mailbox),
    reply_to_list: Type.Optional(Type.Array(Mailbox, { uniqueItems: true, maxItems: 1000 })),
    subject: Type.Optional(Text),
    content: Type.Optional(Type.Array(Content, { minItems: 1 })),
    attachments: Type.Optional(Type.Array(Attachment)),
    template_id: Type.Optional(Text),
    headers: Type.Optional(StringMap),
    categories: Type.Optional(
      Type.Array(Type.String({ maxLength: 255 }), { uniqueItems: true, maxItems: 10 }),
    ),
    custom_args: Type.Optional(StringMap),
    send_at: Type.Optional(UnixSeconds),
    batch_id: Type.Optional(Text),
    asm: Type.Optional(Unsubscribing),
    ip_pool_name: Type.Optional(Type.String({ minLength: 2, maxLength: 64 })),
    mail_settings: Type.Optional(MailSettings),
    tracking_settings: Type.Optional(TrackingSettings),
  },
  closed,
)
export type MailSend = Static<typeof MailSend>
