// The sentences of the built-in messages in one language. They are Liquid and plain text: no HTML stands in them, and
// what they mean is the same in every language (docs/messages.md).

export interface Words {
  /** BCP 47, as HTML's `lang` wants it. */
  readonly language: string
  readonly magicLink: MagicLinkWords
  readonly otp: OtpWords
  /** The whole SMS but for its last line. Uses `code` and `tenant_name`. */
  readonly otpSms: string
  readonly notice: NoticeWords
}

/** What a tenant's own message is set into. */
export interface NoticeWords {
  /** Uses `tenant_name`. */
  readonly from: string
  /** The whole SMS. Uses `tenant_name`, `title` and `body`. */
  readonly sms: string
}

/** What both mails say. Uses `tenant_name`. */
interface MailWords {
  /** Subject and heading. */
  readonly title: string
  readonly notForOthers: string
  readonly notYou: string
}

export interface MagicLinkWords extends MailWords {
  readonly button: string
  readonly openThis: string
  /** In place of `openThis` where there is a button. Both use `minutes`. */
  readonly works: string
  readonly buttonWorks: string
  readonly copyThis: string
}

export interface OtpWords extends MailWords {
  /** Uses `minutes`. */
  readonly works: string
}
