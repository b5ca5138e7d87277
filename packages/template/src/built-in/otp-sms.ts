// The SMS with a one-time code. Its last line binds the code to the site it is for, so that browsers offer it there and
// nowhere else; nothing may follow that line. Source: https://wicg.github.io/sms-one-time-codes/

import type { Words } from './words/words.ts'

/** Values: `tenant_name`, `code`, `domain`. */
export const otpSms = ({ otpSms: words }: Words): string => `${words}\n@{{ domain }} #{{ code }}`
