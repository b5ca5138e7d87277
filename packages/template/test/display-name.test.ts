import t from 'tap'
import { displayName } from '../src/display-name.ts'

t.test('names lose what cannot be seen or turns the writing, and keep what languages need', async (t) => {
  t.equal(displayName('  A\u202eB\u0007\u200bC\u00a0\u2028D '), 'A B C D')
  t.equal(displayName('می\u200cخواهم'), 'می\u200cخواهم')
  t.equal(displayName('👩\u200d🔬 Lab'), '👩\u200d🔬 Lab')
  t.equal(displayName('\u200d\u200b \u2060'), '')
  t.equal([...displayName('é'.repeat(300))].length, 100)
})
