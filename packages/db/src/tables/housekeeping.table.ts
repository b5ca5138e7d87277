// When each task that is done once a day was last done.

export interface HousekeepingTable {
  task: string
  last_done: Date
}
