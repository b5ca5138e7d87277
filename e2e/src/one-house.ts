// The house that test files of one process share, where none of them breaks it or looks at all of it: raising one takes
// longer than most of their tests.
import t from 'tap'
import { type House, startHouse } from './house.ts'

let raised: Promise<House> | undefined

/**
 * It ends with the process. Each file asks for what its tenant needs, whatever the one before it left; all of them come from
 * one address, whose limit none of them may be about.
 */
export function oneHouse(): Promise<House> {
  raised ??= startHouse(t, { env: { POSTERN_ADDRESS_LIMIT: '1000000' } })
  return raised
}
