import t from 'tap'
import { planRun } from '../src/plan-run.ts'
import { dealtScenarios, everyScenario } from '../src/scenario/catalog.ts'
import { seeded } from '../src/seeded.ts'

const names = (args: string[]) =>
  planRun(args).backends.map(({ scenarios }) => scenarios.map(({ name }) => name))
const sorted = (list: readonly { name: string }[] = []) => list.map(({ name }) => name).sort()

t.test('without options every scenario is acted out once on each backend', async (t) => {
  const { backends, restarts } = planRun([])
  t.same(
    backends.map(({ queue }) => queue),
    ['redis', 'postgres'],
  )
  for (const { queue, scenarios } of backends)
    t.same(sorted(scenarios), sorted(everyScenario(queue, seeded('any'))), queue)
  t.equal(restarts, 0)
})

t.test('the seed decides the order, and a number is shared out', async (t) => {
  t.same(names(['--seed', '7', '--scenarios', '9']), names(['--seed', '7', '--scenarios', '9']))
  t.notSame(names(['--seed', '7']), names(['--seed', '8']))
  t.same(
    names(['--scenarios', '401']).map(({ length }) => length),
    [201, 200],
  )
})

t.test('only those of a name are chosen, once or as often as was asked', async (t) => {
  t.same(new Set(names(['--only', 'frozen']).flat()), new Set(['notifier frozen beyond its lease']))
  t.equal(names(['--only', 'frozen', '--scenarios', '6']).flat().length, 6)
})

t.test('restarts alone can be asked for', async (t) => {
  t.match(planRun(['--scenarios', '0', '--restarts', '100']), { restarts: 100 })
})

t.test('a run that would try nothing, or without end, is refused before it begins', async (t) => {
  for (const args of [
    ['--only', 'nothing is called this'],
    ['--only', 'nothing is called this', '--scenarios', '4'],
    ['--only', 'nothing is called this', '--restarts', '5'],
    ['--scenarios', '0'],
    ['--scenarios', 'many'],
    ['--scenarios', ''],
    ['--scenarios=-4'],
    ['--scenarios', '1e3'],
    ['--restarts', 'NaN'],
    ['--restarts', '2.5'],
    ['--sead', '7'],
    ['frozen'],
  ])
    t.throws(() => planRun(args), Error, args.join(' '))
})

t.test(
  'dealt out, every scenario comes on one backend, every kill point on both, and 42 in all',
  async (t) => {
    const { redis, postgres } = dealtScenarios(seeded('2026'), 42)
    const each = [redis, postgres].map((list) => list.map(({ name }) => name))
    t.equal(each.flat().length, 42)
    for (const names of each) t.equal(new Set(names).size, names.length, 'none comes twice on one backend')
    t.same(
      [...new Set(each.flat())].sort(),
      sorted(everyScenario('redis', seeded('any'))),
      'none is left out',
    )
    for (let point = 1; point <= 11; point += 1)
      for (const names of each)
        t.ok(
          names.some((name) => name.includes(` K${point},`)),
          `K${point}`,
        )
    t.notOk(postgres.some(({ only }) => only === 'redis'))
  },
)
