// The three Liquid sources of one mail in one language.

export interface MailTemplate {
  readonly subject: string
  readonly html: string
  readonly text: string
}
