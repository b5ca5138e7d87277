import t from 'tap'
import { parseStartArguments } from '../src/arguments.ts'

const places = { root: '/checkout', cwd: '/people/ada' }

t.test('without arguments it is port 4000 and .postern in the checkout', async (t) => {
  t.same(parseStartArguments([], places), {
    portBase: 4000,
    dataDir: '/checkout/.postern',
    databaseUrlFile: null,
    redisUrl: null,
  })
})

t.test('relative paths are seen from where the person stands', async (t) => {
  const args = ['--data-dir', 'data', '--database-url-file=../url', '--port-base', '21000']
  t.match(parseStartArguments([...args, '--redis-url', 'redis://127.0.0.1:6379'], places), {
    portBase: 21_000,
    dataDir: '/people/ada/data',
    databaseUrlFile: '/people/url',
    redisUrl: 'redis://127.0.0.1:6379',
  })
  t.match(parseStartArguments(['--redis-url', 'none'], places), { redisUrl: '' })
})

t.test('what cannot be used is told in a sentence that does not repeat a password', async (t) => {
  const refused = (args: string[]) => {
    try {
      parseStartArguments(args, places)
      return 'taken'
    } catch (error) {
      return (error as Error).message
    }
  }
  const range = '--port-base must be a number from 1024 to 65530.'
  for (const text of ['80', '65531', '4e3', '', '-1']) t.equal(refused([`--port-base=${text}`]), range)
  t.match(refused(['--redis-url', 'http://127.0.0.1']), /^--redis-url must look like redis:/)
  const password = refused(['--redis-url', 'redis://u:canary@127.0.0.1'])
  t.match(password, /does not belong on a command line/)
  t.notMatch(password, /canary/)
  t.equal(refused(['--data-dir=']), '--data-dir needs a folder.')
  t.match(refused(['--bases', '1']), /^Unknown option '--bases'.*\nnpm start --/)
})
