// The end of every SMS with a one-time code, whoever wrote the rest. Its last line binds the code to the site it is for, so
// that browsers offer it there and nowhere else; nothing may follow that line.
// Source: https://wicg.github.io/sms-one-time-codes/

/** @param domain a host as browsers write it, in ASCII */
export function endWithOrigin(text: string, { code, domain }: { code: string; domain: string }): string {
  const line = `@${domain} #${code}`
  const said = text.trimEnd()
  return said.endsWith(`\n${line}`) ? said : `${said}\n${line}`
}
