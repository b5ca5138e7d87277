// The import rules in the form that dependency-cruiser reads. The rules themselves, each with a sentence telling what to
// do instead and a breach to try it with, are in infra/checks/src/boundaries.

import { SERVICE_RULES } from './infra/checks/src/boundaries/service-rules.ts'
import { WORKSPACE_RULES } from './infra/checks/src/boundaries/workspace-rules.ts'

export default {
  forbidden: [...WORKSPACE_RULES, ...SERVICE_RULES].map(({ name, instead, from, to }) => {
    return { name, comment: instead, severity: 'error', from, to }
  }),
  options: {
    // TypeScript 7 has no API to parse with. This one also tells imports of types from those of values.
    parser: 'swc',
    tsPreCompilationDeps: true,
    combinedDependencies: true,
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['types', 'import', 'node', 'default'],
      extensions: ['.ts', '.mjs', '.js', '.json'],
    },
  },
}
