// The mail with a sign-in link: a button, and the address itself for programs that show none.

import type { EmailParts } from '../template-parts.ts'
import { framed } from './mail-frame.ts'
import type { Words } from './words/words.ts'

/** Values: `tenant_name`, `link`, `minutes`. */
export function magicLinkMail({ language, magicLink: words }: Words): EmailParts {
  const { title, notForOthers, notYou } = words
  const text = `${title}

${words.openThis}

{{ link }}

${words.works}

${notForOthers}

${notYou}
`
  const main = `<p class="plain" style="margin:0 0 24px;font-size:16px;line-height:24px;color:#3c444f">${words.buttonWorks}</p>
<table role="presentation" cellpadding="0" cellspacing="0" border="0"><tr><td style="border-radius:8px;background-color:#1f4fd8">
<a href="{{ link }}" style="display:inline-block;padding:14px 28px;font-size:16px;line-height:20px;font-weight:600;color:#ffffff;text-decoration:none;border-radius:8px">${words.button}</a>
</td></tr></table>
<p class="plain" style="margin:24px 0 6px;font-size:14px;line-height:20px;color:#3c444f">${words.copyThis}</p>
<p dir="ltr" style="margin:0;font-size:13px;line-height:18px;word-break:break-all"><a class="address" href="{{ link }}" style="color:#1f4fd8">{{ link }}</a></p>`
  return framed({ language, title, main, smallPrint: [notForOthers, notYou], text })
}
