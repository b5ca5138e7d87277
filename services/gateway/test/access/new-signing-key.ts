// A key that signs access tokens, as the ring reads one from its file.

import { createPrivateKey, randomBytes } from 'node:crypto'
import { generateKey } from '@postern/token/generate-key'
import type { RingKey } from '@postern/token/key-ring'

export const newSigningKey = (version: number): RingKey => ({
  version,
  key: createPrivateKey(generateKey('ec', randomBytes)),
})
