// A small tree with one breach of every rule, to see that each is caught: a parser or a pattern that went blind would
// otherwise look like a tree without breaches.

import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { cruiseTree, type ImportRules } from './cruise-tree.ts'
import type { Rule } from './rule.ts'

/** The names of the rules whose planted breach went unseen. */
export async function unseenBreaches(rules: readonly Rule[], config: ImportRules): Promise<string[]> {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'postern-boundaries-')))
  try {
    const offenders = new Map(rules.map((rule) => [rule.name, plant(root, rule)]))
    plantPackage(root)
    const { summary } = await cruiseTree(root, config)
    const caught = Map.groupBy(summary.violations, ({ rule, from }) => `${rule.name} ${from}`)
    return rules
      .filter(({ name }) => {
        const { file, imports } = offenders.get(name) ?? { file: '', imports: 0 }
        return (caught.get(`${name} ${file}`) ?? []).length < imports
      })
      .map(({ name }) => name)
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
}

/** Writes the rule's files; answers the one that must be caught, for each of its imports. */
function plant(root: string, rule: Rule): { file: string; imports: number } {
  const named = (path: string) => path.replace('breach', rule.name)
  const files = Object.entries(rule.planted).map(
    ([file, imports]) => [named(file), imports.map(named)] as const,
  )
  for (const target of files.flatMap(([, imports]) => imports)) {
    if (target.endsWith('.ts')) write(root, target, [])
  }
  for (const [file, imports] of files) write(root, file, imports)
  const [[file, imports] = ['', []]] = files
  return { file, imports: imports.length }
}

function write(root: string, file: string, imports: readonly string[]): void {
  const lines = imports.map((target) => `import ${JSON.stringify(specifier(file, target))}\n`)
  mkdirSync(dirname(join(root, file)), { recursive: true })
  // What another rule planted here stays: a tree can hold one `context.ts`.
  writeFileSync(join(root, file), lines.join(''), { flag: 'a' })
}

function specifier(file: string, target: string): string {
  if (!target.endsWith('.ts')) return target
  const path = relative(dirname(file), target)
  return path.startsWith('.') ? path : `./${path}`
}

/** A package that is there, but for tests only. */
function plantPackage(root: string): void {
  const folder = join(root, 'node_modules', 'tap')
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(root, 'package.json'), '{"devDependencies":{"tap":"1.0.0"}}')
  writeFileSync(join(folder, 'package.json'), '{"name":"tap","version":"1.0.0","main":"tap.js"}')
  writeFileSync(join(folder, 'tap.js'), '')
}
