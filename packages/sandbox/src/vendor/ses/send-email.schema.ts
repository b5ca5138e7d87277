// The body of Amazon SES v2's SendEmail (POST /v2/email/outbound-emails), in our own words, from the facts of its published
// API: https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html
//
// Stricter than AWS where that is known to be loose: objects are closed, so that a misspelt parameter, which AWS would
// silently leave out, fails here and not in production.

import { type Static, Type } from 'typebox'

const closed = { additionalProperties: false } as const
const Text = Type.String({ minLength: 1 })
const optionalText = Type.Optional(Text)
const Addresses = Type.Optional(Type.Array(Text, { maxItems: 50 }))

const Part = Type.Object({ Data: Type.String(), Charset: optionalText }, closed)
const Header = Type.Object(
  {
    Name: Type.String({ minLength: 1, maxLength: 126, pattern: '^[!-9;-~]+$' }),
    Value: Type.String({ minLength: 1, maxLength: 870, pattern: '^[ -~]+$' }),
  },
  closed,
)
const Headers = Type.Optional(Type.Array(Header, { maxItems: 15 }))

const Attachment = Type.Object(
  {
    RawContent: Text,
    FileName: Type.String({ minLength: 1, maxLength: 255 }),
    ContentType: optionalText,
    ContentDisposition: Type.Optional(Type.Enum(['ATTACHMENT', 'INLINE'])),
    ContentDescription: optionalText,
    ContentId: optionalText,
    ContentTransferEncoding: Type.Optional(Type.Enum(['BASE64', 'QUOTED_PRINTABLE', 'SEVEN_BIT'])),
  },
  closed,
)
const Attachments = Type.Optional(Type.Array(Attachment))

const Simple = Type.Object(
  {
    Subject: Part,
    Body: Type.Object({ Text: Type.Optional(Part), Html: Type.Optional(Part) }, closed),
    Headers,
    Attachments,
  },
  closed,
)

const Template = Type.Object(
  {
    TemplateName: optionalText,
    TemplateArn: optionalText,
    TemplateContent: Type.Optional(
      Type.Object({ Subject: optionalText, Text: optionalText, Html: optionalText }, closed),
    ),
    TemplateData: Type.Optional(Type.String({ maxLength: 262_144 })),
    Headers,
    Attachments,
  },
  closed,
)

const Content = Type.Object(
  {
    Simple: Type.Optional(Simple),
    Raw: Type.Optional(Type.Object({ Data: Text }, closed)),
    Template: Type.Optional(Template),
  },
  { ...closed, minProperties: 1, maxProperties: 1 },
)

/** What may stand in a tag, as AWS writes it. */
const Tag = Type.Object(
  {
    Name: Type.String({ pattern: '^[A-Za-z0-9_-]{1,256}$' }),
    Value: Type.String({ pattern: '^[A-Za-z0-9_.@-]{1,256}$' }),
  },
  closed,
)

export const SendEmail = Type.Object(
  {
    FromEmailAddress: optionalText,
    FromEmailAddressIdentityArn: optionalText,
    Destination: Type.Optional(
      Type.Object({ ToAddresses: Addresses, CcAddresses: Addresses, BccAddresses: Addresses }, closed),
    ),
    ReplyToAddresses: Addresses,
    FeedbackForwardingEmailAddress: optionalText,
    FeedbackForwardingEmailAddressIdentityArn: optionalText,
    Content,
    EmailTags: Type.Optional(Type.Array(Tag, { maxItems: 50 })),
    ConfigurationSetName: optionalText,
    EndpointId: optionalText,
    TenantName: optionalText,
    ListManagementOptions: Type.Optional(
      Type.Object({ ContactListName: Text, TopicName: optionalText }, closed),
    ),
  },
  closed,
)
export type SendEmail = Static<typeof SendEmail>
