// One import rule: what it forbids, what to do instead, and a breach of it that the check plants to see it caught.

import type { IRegularForbiddenRuleType } from 'dependency-cruiser'

export interface Rule {
  readonly name: string
  /** Tells whoever broke it what to do. */
  readonly instead: string
  readonly from: IRegularForbiddenRuleType['from']
  readonly to: IRegularForbiddenRuleType['to']
  /**
   * Files and what they import, paths from the checkout's folder or names of packages. `breach` in a path becomes the
   * rule's name; the first file is the one that must be caught, for each of its imports.
   */
  readonly planted: Readonly<Record<string, readonly string[]>>
}
