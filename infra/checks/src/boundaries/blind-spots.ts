// Holds what the parser found against the plain text: an import that it overlooks would break no rule.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { IModule } from 'dependency-cruiser'

const STATEMENT = /^(?:import|export)\b[^'"`;]*?\bfrom\s*['"]([^'"]+)['"]|^import\s*['"]([^'"]+)['"]/gm

/** The imports that stand in a module's file and that the parser did not tell, as sentences. */
export function blindSpots(root: string, modules: readonly IModule[]): string[] {
  return modules.flatMap(({ source, dependencies }) => {
    const told = new Set(dependencies.map(({ module }) => bare(module)))
    const text = readFileSync(join(root, source), 'utf8')
    const written = [...text.matchAll(STATEMENT)].map(([, from, alone]) => bare(from ?? alone ?? ''))
    return [...new Set(written)]
      .filter((name) => !told.has(name))
      .map((name) => `${source}: its import of ${name} was not seen by dependency-cruiser's parser`)
  })
}

/** The parser drops the scheme of Node's own modules. */
const bare = (name: string) => name.replace(/^node:/, '')
