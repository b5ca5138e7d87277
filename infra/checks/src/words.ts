// Nothing is in a tracked file that must not leave the house: paths of one machine, hosts of package registries, tests
// that do not run without a printed reason, unfinished words without an issue.

import { houseFiles, readText } from './house-files.ts'
import { report } from './report.ts'

interface Forbidden {
  readonly found: RegExp
  readonly where: RegExp
  readonly instead: string
}

const UNFINISHED = 'is unfinished: finish it, or name the issue that will, as in TO' + 'DO(#12)'

// Written so that this file does not hold what it looks for.
const FORBIDDEN: readonly Forbidden[] = [
  {
    found: /(?<![\w./@~-])\/(?:work|farm|root|home\/[a-z_][\w-]*|Users\/\w+)\/[\w.-]|\b[A-Z]:\\Users\\/,
    where: /./,
    instead: 'is a path of one machine: make it relative to the checkout, or an argument',
  },
  {
    found: /https?:\/\/(?:registry|deb|npm|pypi|mirror)[\w-]*\.|\bregistry[.](?:npmjs|yarnpkg|npmmirror)[.]/,
    where: /./,
    instead: 'names the host of a package registry: leave it to the configuration of npm',
  },
  {
    found: /\b(?:t|test|describe|it|suite)[.]only\(|\{[^}]*\bonly: *true/,
    where: /\.test\.ts$/,
    instead: 'stops the other tests from running: remove it',
  },
  {
    found:
      /\b(?:t|test|describe|it|suite)[.](?:skip|todo)\((?!\s*['"`][^'"`]* [^'"`]* )|\{[^}]*\b(?:skip|todo): *(?:true|1)\b/,
    where: /\.test\.ts$/,
    instead: 'skips a test without saying why: give the reason as text, { skip: "why" }, or remove it',
  },
  {
    found: /(?:\/\/|\/\*|^\s*\*|<!--).*?(?:\bTO[D]O\b(?!\(#\d+\))|\b(?:FIX[M]E|XX[X]|HAC[K])\b)/,
    where: /\.(?:ts|mjs|html|css)$/,
    instead: UNFINISHED,
  },
  {
    found: /(?:#|--).*?(?:\bTO[D]O\b(?!\(#\d+\))|\b(?:FIX[M]E|XX[X]|HAC[K])\b)/,
    where: /\.(?:sql|sh|ya?ml)$|Dockerfile|^\.ci\//,
    instead: UNFINISHED,
  },
]
const NOT_OURS = /^(?:LICENSE|pnpm-lock\.yaml)$/

export function checkWords(root: string): string[] {
  return houseFiles(root).flatMap((file) => {
    const rules = NOT_OURS.test(file) ? [] : FORBIDDEN.filter(({ where }) => where.test(file))
    const text = rules.length === 0 ? null : readText(root, file)
    return (text ?? '').split('\n').flatMap((line, at) => {
      return rules.flatMap(({ found, instead }) => {
        const [match] = found.exec(line) ?? []
        return match === undefined ? [] : [`${file}:${at + 1}: "${match.trim()}" ${instead}.`]
      })
    })
  })
}

if (import.meta.main) await report(checkWords)
