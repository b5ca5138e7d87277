import { Newest } from '@postern/sandbox/newest'
import fc from 'fast-check'
import t from 'tap'

t.test('whatever is added and cleared, exactly the newest that fit are kept', async (t) => {
  const weights = fc.array(fc.option(fc.integer({ min: 0, max: 20 }), { nil: 'clear' as const }), {
    maxLength: 200,
  })
  fc.assert(
    fc.property(
      weights,
      fc.integer({ min: 1, max: 12 }),
      fc.integer({ min: 1, max: 60 }),
      (steps, maxCount, maxWeight) => {
        const list = new Newest<number>({ maxCount, weigh: (weight) => weight, maxWeight })
        let model: number[] = []
        for (const step of steps) {
          if (step === 'clear') {
            if (list.clear() !== model.length) return false
            model = []
            continue
          }
          list.add(step)
          model.push(step)
          const weight = () => model.reduce((sum, each) => sum + each, 0)
          while (model.length > 1 && (model.length > maxCount || weight() > maxWeight)) model.shift()
          if (JSON.stringify(list.oldestFirst()) !== JSON.stringify(model) || list.size !== model.length)
            return false
        }
        return true
      },
    ),
  )
  t.pass('no counter-example')
})
