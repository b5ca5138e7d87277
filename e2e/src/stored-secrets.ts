// Looks for secrets wherever something may have been kept: every row of every table, every key of Redis, every file of
// the data-dir. A secret is looked for as it is written, as the bytes that it stands for, and as hexadecimal of both.
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { Redis } from 'ioredis'
import type pg from 'pg'

export interface Kept {
  /** Where it was found, for people. */
  readonly where: string
  readonly content: Buffer
}

/** Every row of every table that is not Postgres' own, the queue's too. */
export async function everyRow(admin: pg.Pool): Promise<Kept[]> {
  const { rows } = await admin.query<{ name: string }>(
    `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables
      WHERE schemaname NOT IN ('pg_catalog', 'information_schema')`,
  )
  const tables = rows.map(async ({ name }) => {
    const { rows } = await admin.query<{ row: string }>(`SELECT t::text AS row FROM ${name} t`)
    return { where: `table ${name}`, content: Buffer.from(rows.map(({ row }) => row).join('\n')) }
  })
  return Promise.all(tables)
}

/** Every key, of every type, with all that it holds. */
export async function everyRedisKey(url: string): Promise<Kept[]> {
  const redis = new Redis(url, { maxRetriesPerRequest: 1 })
  try {
    const keys = await redis.keys('*')
    return await Promise.all(
      keys.map(async (key) => {
        const held = JSON.stringify(await readKey(redis, key))
        return { where: `Redis key ${key}`, content: Buffer.from(`${key}\n${held}`) }
      }),
    )
  } finally {
    redis.disconnect()
  }
}

async function readKey(redis: Redis, key: string): Promise<unknown> {
  const type = await redis.type(key)
  switch (type) {
    case 'string':
      return redis.get(key)
    case 'hash':
      return redis.hgetall(key)
    case 'list':
      return redis.lrange(key, 0, -1)
    case 'set':
      return redis.smembers(key)
    case 'zset':
      return redis.zrange(key, 0, -1, 'WITHSCORES')
    case 'stream':
      return redis.xrange(key, '-', '+')
    case 'none':
      return null
    default:
      throw new Error(`a Redis key of the unknown type ${type}`)
  }
}

/** Every file of a data-dir but those in which its secrets belong (`services` leads to them); Postgres' own files too. */
export function everyFile(dataDir: string): Kept[] {
  return readdirSync(dataDir, { recursive: true, withFileTypes: true }).flatMap((entry) => {
    const path = join(entry.parentPath, entry.name)
    const name = relative(dataDir, path)
    if (!entry.isFile() || /^(?:secrets\/|services\/|dev\.json$|postgres\/superuser-password$)/.test(name))
      return []
    const content = readOrNone(path)
    return content === null ? [] : [{ where: name, content }]
  })
}

/** Postgres takes files away as it goes. */
function readOrNone(path: string): Buffer | null {
  try {
    return readFileSync(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

/** Each place in which a secret was found, with the secret's name. */
export function findings(secrets: Readonly<Record<string, string>>, kept: readonly Kept[]): string[] {
  return Object.entries(secrets).flatMap(([name, secret]) => {
    const spelled = spellings(secret)
    return kept
      .filter(({ content }) => spelled.some((spelling) => content.includes(spelling)))
      .map(({ where }) => `${name} in ${where}`)
  })
}

function spellings(secret: string): Buffer[] {
  if (secret.length < 16) throw new Error('too short to be told from chance')
  const bytes = Buffer.from(secret, 'base64url')
  const hex = [Buffer.from(secret).toString('hex'), bytes.toString('hex')]
  return [Buffer.from(secret), bytes, ...hex.map((text) => Buffer.from(text))]
}
