import t from 'tap'
import { AppError } from '../src/app-error.ts'

t.test('an error carries code, status, reason, details and cause', async (t) => {
  const cause = new Error('inner')
  const error = new AppError('INVALID_CODE', {
    reason: 'wrong digits',
    details: [{ remaining_attempts: 2 }],
    cause,
  })
  t.match(error, { name: 'AppError', code: 'INVALID_CODE', status: 401, reason: 'wrong digits', cause })
  t.same(error.details, [{ remaining_attempts: 2 }])
  t.notOk('cause' in new AppError('NOT_FOUND', { reason: 'none' }))
})
