// Finds the programs that tests need beyond the install, or says exactly how to get them.
import { accessSync, constants, existsSync } from 'node:fs'
import { delimiter, isAbsolute, join } from 'node:path'

export interface NeededProgram {
  readonly name: string
  /** Names, or absolute paths, under which it is known; the first that is there is taken. */
  readonly candidates: readonly string[]
  /** The Debian package, for the machines where it can be installed without asking. */
  readonly debianPackage: string
  /** What a person types elsewhere. */
  readonly instructions: string
}

export const redisServer: NeededProgram = {
  name: 'redis-server',
  candidates: ['redis-server', 'valkey-server'],
  debianPackage: 'redis-server',
  instructions:
    'redis-server is not installed. Debian or Ubuntu: sudo apt-get install -y redis-server · ' +
    'Fedora: sudo dnf install -y valkey · macOS: brew install redis · Alpine: sudo apk add redis',
}

export const chromium: NeededProgram = {
  name: 'chromium',
  candidates: [
    'chromium',
    'chromium-browser',
    'google-chrome-stable',
    'google-chrome',
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    '/Applications/Chromium.app/Contents/MacOS/Chromium',
  ],
  debianPackage: 'chromium',
  instructions:
    'Chromium is not installed. Debian: sudo apt-get install -y chromium · Fedora: sudo dnf install -y chromium · ' +
    'macOS: brew install --cask chromium · elsewhere: any Chrome or Chromium on the PATH',
}

export const nginx: NeededProgram = {
  name: 'nginx',
  // Not on everybody's path.
  candidates: ['nginx', '/usr/sbin/nginx', '/usr/local/sbin/nginx'],
  debianPackage: 'nginx-light',
  instructions:
    'nginx is not installed. Debian or Ubuntu: sudo apt-get install -y nginx-light · Fedora: sudo dnf install -y nginx · ' +
    'macOS: brew install nginx · elsewhere: any nginx with auth_request',
}

/** Absolute path of the program, or null when it is not on this machine. */
export function findProgram({ candidates }: NeededProgram, path = process.env.PATH ?? ''): string | null {
  const places = candidates.flatMap((candidate) =>
    isAbsolute(candidate) ? [candidate] : path.split(delimiter).map((folder) => join(folder, candidate)),
  )
  return places.find(isExecutable) ?? null
}

/** Absolute path of the program. @throws with the instructions when it is missing */
export function needProgram(program: NeededProgram): string {
  const path = findProgram(program)
  if (path === null) throw new Error(program.instructions)
  return path
}

function isExecutable(file: string): boolean {
  if (!existsSync(file)) return false
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
