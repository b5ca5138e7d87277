// The page that every built-in mail is set on. Tables and inline styles because mail programs know little else; no image,
// nothing remote, nothing that tells anyone whether it was read. Names may be written in any script and direction.

import type { EmailParts } from '../template-parts.ts'

export interface MailParts {
  /** BCP 47. */
  readonly language: string
  /** Subject, title and heading. */
  readonly title: string
  /** Table rows' content between heading and small print. */
  readonly main: string
  /** One paragraph each. */
  readonly smallPrint: readonly string[]
  readonly text: string
}

const FONTS =
  "-apple-system,BlinkMacSystemFont,'Segoe UI',Roboto,Helvetica,Arial,'Hiragino Sans',Meiryo,'Noto Sans CJK JP',sans-serif"

const head = ({ language, title }: MailParts) => `<!doctype html>
<html lang="${language}" dir="ltr">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<meta name="format-detection" content="telephone=no, date=no, address=no, email=no, url=no">
<title>${title}</title>
<style>
:root { color-scheme: light dark; supported-color-schemes: light dark; }
a:focus { outline: 3px solid #6f9bff; outline-offset: 2px; }
@media (prefers-color-scheme: dark) {
  .page { background-color: #14161a !important; }
  .card { background-color: #1f2329 !important; border-color: #353b45 !important; }
  .strong { color: #f3f5f8 !important; }
  .plain { color: #c9d0da !important; }
  .quiet { color: #a3adba !important; }
  .line { border-color: #353b45 !important; }
  .address { color: #9dbcff !important; }
  .code { background-color: #2a3038 !important; color: #f3f5f8 !important; }
}
</style>
</head>`

const TABLE = 'role="presentation" cellpadding="0" cellspacing="0" border="0"'

const body = ({ title, main, smallPrint }: MailParts) =>
  isolated(`<body class="page" style="margin:0;padding:0;background-color:#f2f4f7;-webkit-text-size-adjust:100%">
<table ${TABLE} class="page" width="100%" style="background-color:#f2f4f7">
<tr><td align="center" style="padding:32px 16px">
<table ${TABLE} class="card" width="100%" style="max-width:480px;background-color:#ffffff;border:1px solid #dde2e9;border-radius:12px">
<tr><td style="padding:32px;font-family:${FONTS};text-align:left;overflow-wrap:anywhere">
<h1 class="strong" style="margin:0 0 12px;font-size:22px;line-height:30px;font-weight:600;color:#16191d">${title}</h1>
${main}
<hr class="line" style="margin:28px 0 20px;border:0;border-top:1px solid #dde2e9">
${smallPrint.map(quiet).join('\n')}
</td></tr>
</table>
</td></tr>
</table>
</body>
</html>
`)

const quiet = (text: string, at: number, all: readonly string[]) =>
  `<p class="quiet" style="margin:0${at < all.length - 1 ? ' 0 10px' : ''};font-size:13px;line-height:19px;color:#5b6572">${text}</p>`

/** A name written from right to left stays in its place and turns nothing around it. */
const isolated = (html: string) => html.replace(/\{\{ (?:tenant_name|title) \}\}/g, '<bdi>$&</bdi>')

export const framed = (parts: MailParts): EmailParts => ({
  subject: parts.title,
  html: `${head(parts)}\n${body(parts)}`,
  text: parts.text,
})
