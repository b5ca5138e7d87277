// The mail with a one-time code: the code stands alone, large, and can be copied as it is. It is not in the subject, which
// vendors keep in their logs and phones show on a locked screen.

import type { EmailParts } from '../template-parts.ts'
import { framed } from './mail-frame.ts'
import type { Words } from './words/words.ts'

/** Values: `tenant_name`, `code`, `minutes`. */
export function otpMail({ language, otp: words }: Words): EmailParts {
  const { title, works, notForOthers, notYou } = words
  const text = `${title}

{{ code }}

${works}

${notForOthers}

${notYou}
`
  const main = `<p class="code" dir="ltr" style="margin:0 0 20px;padding:16px 8px 16px 16px;border-radius:8px;background-color:#eef1f6;font-family:ui-monospace,Menlo,Consolas,'Liberation Mono',monospace;font-size:34px;line-height:40px;font-weight:600;letter-spacing:8px;text-align:center;color:#16191d">{{ code }}</p>
<p class="plain" style="margin:0;font-size:16px;line-height:24px;color:#3c444f">${works}</p>`
  return framed({ language, title, main, smallPrint: [notForOthers, notYou], text })
}
