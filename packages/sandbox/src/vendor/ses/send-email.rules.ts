// What SES documents beyond the form of single fields, and how its addresses are read.
// Source: https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html

import { addressParser, decodeWords } from 'postal-mime'
import type { SendEmail } from './send-email.schema.ts'

export interface Mailbox {
  readonly email: string
  /** '' without one. */
  readonly name: string
}

const MAX_RECIPIENTS = 50
const ADDRESS = /^[^\s@<>()[\],;:"\\]+@[A-Za-z0-9.-]+$/

/** The first rule that is broken, as a sentence; null when the mail may go. */
export function ruleFault(mail: SendEmail): string | null {
  const recipients = recipientsOf(mail)
  if (mail.FromEmailAddress === undefined) return 'FromEmailAddress is required.'
  if (mailboxOf(mail.FromEmailAddress) === null) return 'FromEmailAddress is not one address.'
  if (recipients.length === 0) return 'Destination needs a recipient.'
  if (recipients.length > MAX_RECIPIENTS) return `Destination takes ${MAX_RECIPIENTS} recipients at most.`
  if (recipients.some((each) => mailboxOf(each) === null)) return 'A recipient is not one address.'
  return contentFault(mail)
}

function contentFault({ Content }: SendEmail): string | null {
  const { Simple, Template } = Content
  if (Simple !== undefined && Simple.Body.Text === undefined && Simple.Body.Html === undefined)
    return 'Body needs Text or Html.'
  if (Simple !== undefined && Simple.Subject.Data === '') return 'Subject must not be empty.'
  if (Template !== undefined && Object.keys(Template).every((name) => !name.startsWith('Template')))
    return 'Template names none.'
  return null
}

export function recipientsOf({ Destination }: SendEmail): string[] {
  const { ToAddresses = [], CcAddresses = [], BccAddresses = [] } = Destination ?? {}
  return [...ToAddresses, ...CcAddresses, ...BccAddresses]
}

/** `a@b.c` or `"Name" <a@b.c>`; null when it is anything else, or more than one. SES takes ASCII only. */
export function mailboxOf(text: string): Mailbox | null {
  if (/[^ -~]/.test(text)) return null
  const [first, ...more] = addressParser(text)
  if (first?.address === undefined || more.length > 0 || !ADDRESS.test(first.address)) return null
  return { email: first.address, name: decodeWords(first.name ?? '') }
}
