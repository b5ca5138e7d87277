// Keeps secrets out of the environment: it is inherited by every child process and shown by `ps`, crash reports and
// container tools. A fault names the variable and, where there is one, the file that the secret belongs into.

import { type Faults, load } from './faults.ts'
import { RINGS, SECRET_FILES } from './known-secrets.ts'
import type { Environment } from './setting.ts'
import { holdsPassword } from './url-password.ts'

const NAMES_A_SECRET = /_(KEYS?|SECRETS?|TOKENS?|PASSWORD|PASS|PASSPHRASE|PWD|CREDENTIALS?|PEM)$/
const PRIVATE_KEY = /-----BEGIN [A-Z ]*PRIVATE KEY-----/

const KNOWN = new Map(
  [...SECRET_FILES, ...Object.keys(RINGS)].map((name) => [variableOf(name), name] as const),
)

/**
 * Looks at every `POSTERN_…` variable that is not empty. A `…_URL` is let through when it holds no password.
 * @throws ConfigError with every fault, unless `faults` takes them
 */
export function refuseSecretsInEnvironment(env: Environment, faults?: Faults): void {
  if (faults === undefined) {
    load((found) => refuseSecretsInEnvironment(env, found))
    return
  }
  for (const [variable, value] of Object.entries(env)) {
    const fault = isOurs(variable) && value ? faultOf(variable.toUpperCase(), value) : undefined
    if (fault !== undefined) faults.add(`${variable}: ${fault}`)
  }
}

function faultOf(variable: string, value: string): string | undefined {
  const file = KNOWN.get(variable)
  if (file !== undefined && !variable.endsWith('_URL')) {
    return `a secret must not come through the environment; it belongs into ${file} in the secrets folder`
  }
  if (NAMES_A_SECRET.test(variable)) {
    return 'is named like a secret, and secrets must not come through the environment'
  }
  if (holdsPassword(value)) return 'holds a URL with a password; it belongs into a file in the secrets folder'
  if (PRIVATE_KEY.test(value)) return 'holds a private key; it belongs into a file in the secrets folder'
  return undefined
}

function isOurs(variable: string): boolean {
  return variable.toUpperCase().startsWith('POSTERN_')
}

function variableOf(name: string): string {
  return `POSTERN_${name.toUpperCase().replaceAll('-', '_')}`
}
