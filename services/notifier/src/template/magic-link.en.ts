// The mail with a sign-in link, in English. Tables and inline styles because mail programs know little else; no image,
// nothing remote, nothing that tells anyone whether it was read.

import type { MailTemplate } from './mail-template.ts'

const subject = 'Sign in to {{ tenant_name }}'

const text = `Sign in to {{ tenant_name }}

Open this link to sign in:

{{ link }}

It works once, and for {{ minutes }} {% if minutes == 1 %}minute{% else %}minutes{% endif %} after it was sent.

Do not forward this message or show it to anyone: whoever has the link can sign in as you.
{{ tenant_name }} will never ask you for it.

You did not ask for this? Then ignore it. Nobody can sign in without the link.
`

const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<meta name="format-detection" content="telephone=no, date=no, address=no, email=no, url=no">
<title>Sign in to {{ tenant_name }}</title>
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
}
</style>
</head>
<body class="page" style="margin:0;padding:0;background-color:#f2f4f7;-webkit-text-size-adjust:100%">
<table role="presentation" class="page" width="100%" cellpadding="0" cellspacing="0" border="0" style="background-color:#f2f4f7">
<tr><td align="center" style="padding:32px 16px">
<table role="presentation" class="card" width="100%" cellpadding="0" cellspacing="0" border="0" style="max-width:480px;background-color:#ffffff;border:1px solid #dde2e9;border-radius:12px">
<tr><td style="padding:32px;font-family:-apple-system,BlinkMacSystemFont,'Segoe UI',Roboto,Helvetica,Arial,sans-serif;text-align:left">
<h1 class="strong" style="margin:0 0 12px;font-size:22px;line-height:30px;font-weight:600;color:#16191d;overflow-wrap:anywhere">Sign in to {{ tenant_name }}</h1>
<p class="plain" style="margin:0 0 24px;font-size:16px;line-height:24px;color:#3c444f">The button works once, and for {{ minutes }} {% if minutes == 1 %}minute{% else %}minutes{% endif %} after it was sent.</p>
<table role="presentation" cellpadding="0" cellspacing="0" border="0"><tr><td style="border-radius:8px;background-color:#1f4fd8">
<a href="{{ link }}" style="display:inline-block;padding:14px 28px;font-size:16px;line-height:20px;font-weight:600;color:#ffffff;text-decoration:none;border-radius:8px">Sign in</a>
</td></tr></table>
<p class="plain" style="margin:24px 0 6px;font-size:14px;line-height:20px;color:#3c444f">If the button does nothing, copy this address into your browser:</p>
<p style="margin:0;font-size:13px;line-height:18px;word-break:break-all"><a class="address" href="{{ link }}" style="color:#1f4fd8">{{ link }}</a></p>
<hr class="line" style="margin:28px 0 20px;border:0;border-top:1px solid #dde2e9">
<p class="quiet" style="margin:0 0 10px;font-size:13px;line-height:19px;color:#5b6572"><strong>Do not forward this message</strong> or show it to anyone: whoever has the link can sign in as you. {{ tenant_name }} will never ask you for it.</p>
<p class="quiet" style="margin:0;font-size:13px;line-height:19px;color:#5b6572">You did not ask for this? Then ignore it. Nobody can sign in without the link.</p>
</td></tr>
</table>
</td></tr>
</table>
</body>
</html>
`

export const magicLinkEn: MailTemplate = { subject, html, text }
