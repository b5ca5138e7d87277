// What undoes a house when a run or a test is over.

export interface Scope {
  teardown(undo: () => unknown): unknown
}
