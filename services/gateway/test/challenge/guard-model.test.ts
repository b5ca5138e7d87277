// The guard against a model of it, over any sequence of guesses, proofs and waits.

import * as fc from 'fast-check'
import t from 'tap'
import { freshEmail, newTenant, openGateway, openHouse } from '../setup.ts'
import { type PlantedCode, plantCode, verifyCode } from './planted-code.ts'

const house = await openHouse(t)
const gateway = await openGateway(t, house)
const tenant = await newTenant(gateway)

type Step = 'wrong' | 'right' | 'link' | 'new code' | 'wait is over'

/** What must come of a sequence: the plain words of docs/one-time-codes.md. */
class Model {
  failures = 0
  waits = false
  disabled = false
  tries = 0
  isUsed = false

  step(step: Step): string {
    if (step === 'new code') Object.assign(this, { tries: 0, isUsed: false })
    if (step === 'wait is over') this.waits = false
    if (step === 'link') Object.assign(this, { failures: 0, waits: false, disabled: false })
    if (step !== 'wrong' && step !== 'right') return 'ok'
    if (this.waits || this.disabled) return 'IDENTIFIER_LOCKED'
    if (this.isUsed) return 'TOKEN_USED'
    if (this.tries === 5) return 'ATTEMPTS_EXHAUSTED'
    this.tries++
    return step === 'right' ? this.#prove() : this.#fail()
  }

  #prove(): string {
    Object.assign(this, { failures: 0, isUsed: true })
    return 'ok'
  }

  #fail(): string {
    this.failures++
    this.waits = this.failures % 10 === 0
    this.disabled = this.failures >= 100
    return `INVALID_CODE ${this.waits ? 0 : 5 - this.tries}`
  }
}

/** The real thing, answering in the model's words. */
async function openIdentifier() {
  const to = freshEmail()
  let code: PlantedCode = await plantCode(gateway, tenant, { to })
  return async (step: Step): Promise<string> => {
    if (step === 'new code') code = await plantCode(gateway, tenant, { to })
    if (step === 'wait is over') {
      await house.admin.query('UPDATE identifier_guards SET wait_until = now() WHERE limit_key = $1', [to])
    }
    if (step === 'link') {
      await house.admin.query('UPDATE identifier_guards SET sends = 0 WHERE limit_key = $1', [to])
      const { token } = await tenant.issue({ email: to })
      await tenant.call('POST', '/v1/magic-links/verify', { token })
    }
    if (step !== 'wrong' && step !== 'right') return 'ok'
    const { body } = await verifyCode(tenant, code.id, step === 'right' ? code.code : code.wrong())
    if (body.error?.code !== 'INVALID_CODE') return body.error?.code ?? 'ok'
    return `INVALID_CODE ${body.error.details[0].remaining_attempts}`
  }
}

t.test('any sequence of guesses, proofs and waits ends as the rules say', async (t) => {
  const step = fc.oneof(
    { weight: 20, arbitrary: fc.constant<Step>('wrong') },
    { weight: 6, arbitrary: fc.constant<Step>('new code') },
    { weight: 3, arbitrary: fc.constant<Step>('wait is over') },
    { weight: 1, arbitrary: fc.constant<Step>('right') },
    { weight: 1, arbitrary: fc.constant<Step>('link') },
  )
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 80 }), async (steps) => {
      const [model, real] = [new Model(), await openIdentifier()]
      for (const [at, each] of steps.entries()) {
        const [expected, found] = [model.step(each), await real(each)]
        if (found !== expected) throw new Error(`step ${at}, ${each}: ${found} instead of ${expected}`)
      }
    }),
    { numRuns: 30, endOnFailure: true },
  )
  t.pass('30 sequences')
})
