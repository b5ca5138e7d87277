import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs'
import t from 'tap'
import { AddRingKeyError, addRingKey } from '../src/add-ring-key.ts'
import { openSecrets } from '../src/secrets.ts'
import { secretsFolder, symmetricKey } from './secrets-folder.ts'

t.test(
  'a key becomes the next version, readable by its owner only, and leaves nothing beside it',
  async (t) => {
    const folder = secretsFolder(t)
    const texts = [symmetricKey(), symmetricKey()]
    t.same(
      texts.map((text) => addRingKey(folder.path('pepper'), text)),
      [1, 2],
    )
    t.same(readdirSync(folder.path('pepper')), ['v1', 'v2'])
    t.equal(readFileSync(folder.path('pepper/v2'), 'utf8'), texts[1])
    if (process.platform !== 'win32') t.equal(statSync(folder.path('pepper/v2')).mode & 0o777, 0o600)
    t.equal(openSecrets(folder.dir).ring('pepper', 'symmetric').current, 2)
  },
)

t.test(
  'a number is never taken twice: it follows the highest, and what is there is never written over',
  async (t) => {
    const folder = secretsFolder(t)
    folder.write('pepper/v7', symmetricKey())
    mkdirSync(folder.path('pepper/.hidden'))
    t.equal(addRingKey(folder.path('pepper'), symmetricKey()), 8)
    folder.write('pepper/v255', symmetricKey())
    t.throws(() => addRingKey(folder.path('pepper'), symmetricKey()), AddRingKeyError)
    t.same(readdirSync(folder.path('pepper')).sort(), ['.hidden', 'v255', 'v7', 'v8'])
  },
)

t.test('what a crash left behind does not stop the next rotation', async (t) => {
  const folder = secretsFolder(t)
  const text = symmetricKey()
  folder.write(`pepper/.new-${process.pid}`, 'half a k')
  t.equal(addRingKey(folder.path('pepper'), text), 1)
  t.equal(readFileSync(folder.path('pepper/v1'), 'utf8'), text)
})
