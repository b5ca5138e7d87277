import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { lastComplaint } from '../src/last-complaint.ts'

function complaintOf(t: Test, lines: (object | string)[], before = ''): string {
  const folder = mkdtempSync(join(tmpdir(), 'postern-log-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'a.log')
  const text = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n')
  writeFileSync(file, `${before}${text}\n`)
  return lastComplaint(file, before.length)
}

t.test('what is wrong with the settings is told whole', async (t) => {
  const lines = [
    'notifier does not start:',
    '- seal/v1: is too short',
    '- POSTERN_EMAIL_FROM: is not set',
    { level: 'info', msg: 'stopped' },
  ]
  t.equal(complaintOf(t, lines), 'seal/v1: is too short · POSTERN_EMAIL_FROM: is not set')
})

t.test('the error that was not caught is told, not the stop after it', async (t) => {
  const lines = [
    { level: 'info', msg: 'ready' },
    { level: 'fatal', err: { message: 'no such table' }, msg: 'uncaughtException' },
    { level: 'fatal', why: 'uncaughtException', msg: 'stopping' },
    { level: 'info', msg: 'stopped' },
  ]
  t.equal(complaintOf(t, lines), 'uncaughtException · no such table')
})

t.test('a stack on standard error gives its first line', async (t) => {
  t.equal(
    complaintOf(t, ['file:1', 'SyntaxError: Unexpected token', '    at x']),
    'SyntaxError: Unexpected token',
  )
})

t.test('complaints of an earlier run are not told again', async (t) => {
  const before = `${JSON.stringify({ level: 'error', msg: 'old' })}\n`
  t.equal(complaintOf(t, [{ level: 'info', msg: 'ready' }], before), 'ready')
})

t.test('without a log there is no complaint', async (t) => {
  t.equal(lastComplaint('/nowhere/a.log', 0), '')
})
