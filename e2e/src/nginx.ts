// A real NGINX with a page's recipe in it: the very text that operators copy, with the test's addresses in place of its own.
import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from '@postern/testkit/free-port'
import { until } from '@postern/testkit/poll'
import { sharedProcessGuard } from '@postern/testkit/process-guard'
import { needProgram, nginx } from '@postern/testkit/programs'
import { root, type TestScope, temporaryFolder } from './checkout.ts'

export interface Nginx {
  readonly origin: string
  log(): string
}

/** The first block of this language in a page. */
export function recipeIn(page: string, language: string): string {
  const text = readFileSync(join(root, page), 'utf8')
  const block = new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'm').exec(text)?.[1]
  if (block === undefined) throw new Error(`${page} has no block of ${language}`)
  return block
}

/**
 * Starts NGINX with the recipe.
 * @param listen what the recipe listens on; a free port takes its place
 * @param inPlaceOf what else of the recipe's is replaced, and by what
 */
export async function startNginx(
  t: TestScope,
  recipe: string,
  { listen, inPlaceOf }: { listen: string; inPlaceOf: Readonly<Record<string, string>> },
): Promise<Nginx> {
  const folder = temporaryFolder(t)
  const address = `127.0.0.1:${await freePort()}`
  let text = recipe
  for (const [own, ours] of Object.entries({ [listen]: address, ...inPlaceOf })) {
    if (!text.includes(own)) throw new Error(`the recipe does not hold ${own}`)
    text = text.replaceAll(own, ours)
  }
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  const temps = paths.map((name) => `${name}_temp_path ${join(folder, name)};`)
  const frame = ['daemon off;', 'master_process off;', `pid ${join(folder, 'pid')};`, 'events {}']
  const http = ['http {', 'access_log off;', ...temps, text, '}']
  writeFileSync(join(folder, 'nginx.conf'), [...frame, ...http].join('\n'))
  let log = ''
  const child = spawn(needProgram(nginx), ['-e', 'stderr', '-p', folder, '-c', join(folder, 'nginx.conf')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  child.stderr?.on('data', (chunk) => {
    log += chunk
  })
  endWith(t, child)
  await until(async () => child.exitCode !== null || (await answers(address)), {
    deadlineMs: 30_000,
    what: 'an answer of nginx',
  })
  if (child.exitCode !== null) throw new Error(`nginx ended: ${log}`)
  return { origin: `http://${address}`, log: () => log }
}

function endWith(t: TestScope, child: ChildProcess): void {
  const { pid = -1 } = child
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  sharedProcessGuard().watch({ pid, signals: ['SIGKILL'], patienceMs: 2_000 })
  t.teardown(async () => {
    child.kill('SIGTERM')
    await gone
    sharedProcessGuard().release(pid)
  })
}

async function answers(address: string): Promise<boolean> {
  const answer = await fetch(`http://${address}/public/`, { headers: { connection: 'close' } })
  await answer.body?.cancel()
  return true
}
