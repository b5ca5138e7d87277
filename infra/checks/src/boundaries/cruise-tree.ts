// Reads every import below a folder and holds it against the rules.

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { cruise, type ICruiseOptions, type ICruiseResult, type IForbiddenRuleType } from 'dependency-cruiser'

const FOLDERS = ['services', 'packages', 'infra', 'e2e', 'bench', 'chaos'] as const

export interface ImportRules {
  readonly forbidden: IForbiddenRuleType[]
  readonly options: ICruiseOptions
}

/** The rules as the checkout in `root` states them. */
export async function rulesOf(root: string): Promise<ImportRules> {
  const module = await import(pathToFileURL(join(root, '.dependency-cruiser.mjs')).href)
  return module.default as ImportRules
}

/** @param root absolute, with symbolic links resolved */
export async function cruiseTree(root: string, rules: ImportRules): Promise<ICruiseResult> {
  const { output } = await cruise(
    FOLDERS.filter((folder) => existsSync(join(root, folder))),
    { ...rules.options, baseDir: root, validate: true, ruleSet: { forbidden: rules.forbidden } },
    rules.options.enhancedResolveOptions,
  )
  if (typeof output === 'string') throw new Error('dependency-cruiser answered text instead of its result')
  return output
}
