// Phone numbers for tests, in E.164.

import { randomInt } from 'node:crypto'

export const freshPhone = () => `+4915${randomInt(100_000_000, 999_999_999)}`
