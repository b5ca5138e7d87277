// The test that stands for each file of this process, by the file's URL.
import type { Test } from 'tap'

export const fileScopes = new Map<string, Test>()
