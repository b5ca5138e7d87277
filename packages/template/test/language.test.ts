import fc from 'fast-check'
import t from 'tap'
import { nearestLanguage } from '../src/language.ts'

const THERE = ['en', 'de', 'pt-BR', 'pt', 'zh-Hant'] as const
const nearest = (wanted: string | null) => nearestLanguage(wanted, THERE, 'en')

t.test('a language tag loses its last part until it names a language that is there', async (t) => {
  const cases: readonly (readonly [string | null, string])[] = [
    ['de', 'de'],
    ['de-AT', 'de'],
    ['de-Latn-AT-1996', 'de'],
    ['DE-at', 'de'],
    ['pt-BR', 'pt-BR'],
    ['PT-br', 'pt-BR'],
    ['pt-PT', 'pt'],
    ['zh-Hant-TW', 'zh-Hant'],
    ['zh-Hans-CN', 'en'],
    ['zh', 'en'],
    ['de-x-own-word', 'de'],
    ['de-a-x', 'de'],
    ['fr', 'en'],
    ['d', 'en'],
    ['den', 'en'],
    [null, 'en'],
    ['', 'en'],
    ['-', 'en'],
    ['--de', 'en'],
    ['__proto__', 'en'],
  ]
  for (const [wanted, language] of cases) t.equal(nearest(wanted), language, `${wanted}`)
})

t.test('whatever is asked for, a language that is there is answered', async () => {
  fc.assert(fc.property(fc.string({ maxLength: 40 }), (wanted) => THERE.includes(nearest(wanted))))
  const subtags = fc.array(fc.stringMatching(/^[A-Za-z0-9]{1,8}$/), { maxLength: 6 })
  fc.assert(
    fc.property(fc.constantFrom(...THERE), subtags, (language, more) => {
      const wanted = [language, ...more].join('-')
      const found = nearest(wanted)
      return wanted.toLowerCase().startsWith(found.toLowerCase())
    }),
  )
})
