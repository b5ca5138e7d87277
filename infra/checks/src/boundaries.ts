// Every import follows the map of the house, and the check knows when it sees nothing: it fails below the expected
// number of modules, when the parser overlooks an import, and when a planted breach of a rule goes unseen.

import { realpathSync } from 'node:fs'
import type { IModule, IViolation } from 'dependency-cruiser'
import { blindSpots } from './boundaries/blind-spots.ts'
import { cruiseTree, type ImportRules, rulesOf } from './boundaries/cruise-tree.ts'
import { unseenBreaches } from './boundaries/planted-tree.ts'
import type { Rule } from './boundaries/rule.ts'
import { SERVICE_RULES } from './boundaries/service-rules.ts'
import { WORKSPACE_RULES } from './boundaries/workspace-rules.ts'
import { report } from './report.ts'

/** The tree had more when this was written. Raise it when the house has grown a good deal. */
const FEWEST_MODULES = 400

const RULES: readonly Rule[] = [...WORKSPACE_RULES, ...SERVICE_RULES]

export async function checkBoundaries(checkout: string): Promise<string[]> {
  const root = realpathSync(checkout)
  const config = await rulesOf(root)
  const { modules, summary } = await cruiseTree(root, config)
  const ours = modules.filter(isOurs)
  return [
    ...new Set(summary.violations.map(sentence)),
    ...(ours.length < FEWEST_MODULES
      ? [`Only ${ours.length} modules were seen, of at least ${FEWEST_MODULES}.`]
      : []),
    ...blindSpots(root, ours),
    ...(await unseen(config)),
  ]
}

async function unseen(config: ImportRules): Promise<string[]> {
  const names = await unseenBreaches(RULES, config)
  return names.map((name) => `A planted breach of the import rule ${name} went unseen: the check is blind.`)
}

function isOurs({ source, coreModule, couldNotResolve }: IModule): boolean {
  return !coreModule && !couldNotResolve && !source.includes('node_modules/') && /\.(ts|mjs)$/.test(source)
}

function sentence({ from, to, rule, cycle }: IViolation): string {
  const what = cycle
    ? `is in a circle: ${[from, ...cycle.map(({ name }) => name)].join(' → ')}`
    : `imports ${to}`
  const instead = RULES.find(({ name }) => name === rule.name)?.instead ?? ''
  return `${from} ${what.replace(/node_modules\/\.pnpm\/.*\/node_modules\//, '')} (${rule.name}). ${instead}`
}

if (import.meta.main) await report(checkBoundaries)
