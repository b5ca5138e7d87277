// The files of the checkout that are ours: what git tracks or would track, or, without git, everything that .gitignore
// does not name.

import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** Paths from `root`, with slashes, sorted. */
export function houseFiles(root: string): string[] {
  const names = existsSync(join(root, '.git')) ? knownToGit(root) : notIgnored(root)
  return names.filter((name) => existsSync(join(root, name)) && statSync(join(root, name)).isFile()).sort()
}

/** The file's text; null when there is no such file, or it is not text. */
export function readText(root: string, file: string): string | null {
  if (!existsSync(join(root, file))) return null
  const bytes = readFileSync(join(root, file))
  return bytes.includes(0) ? null : bytes.toString('utf8')
}

function knownToGit(root: string): string[] {
  const args = ['ls-files', '-z', '--cached', '--others', '--exclude-standard']
  const listed = execFileSync('git', args, { cwd: root, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 })
  return [...new Set(listed.split('\0').filter((name) => name !== ''))]
}

function notIgnored(root: string): string[] {
  const ignored = existsSync(join(root, '.gitignore')) ? readFileSync(join(root, '.gitignore'), 'utf8') : ''
  const names = new Set(['.git', ...ignored.split('\n').map((line) => line.trim().replace(/\/$/, ''))])
  const walk = (folder: string): string[] =>
    readdirSync(join(root, folder), { withFileTypes: true })
      .filter(({ name }) => !names.has(name))
      .flatMap((entry) => {
        const path = folder === '' ? entry.name : `${folder}/${entry.name}`
        return entry.isDirectory() ? walk(path) : [path]
      })
  return walk('')
}
