// A message of the tenant's own: a title and a few lines. Who it is from stands in it, whatever it says.

import type { EmailParts } from '../template-parts.ts'
import { framed } from './mail-frame.ts'
import type { Words } from './words/words.ts'

/** Values: `tenant_name`, `title`, `body`. */
export function noticeMail({ language, notice: words }: Words): EmailParts {
  const text = `{{ title }}

{{ body }}

${words.from}
`
  const main = `<p class="plain" dir="auto" style="margin:0;font-size:16px;line-height:24px;color:#3c444f">{{ body | newline_to_br }}</p>`
  return framed({ language, title: '{{ title }}', main, smallPrint: [words.from], text })
}

/** The same values. */
export const noticeSms = ({ notice: words }: Words): string => words.sms
