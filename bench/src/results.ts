// Where figures are kept: a page to read, and the samples it was made of.

import { mkdir, writeFile } from 'node:fs/promises'
import { cpus } from 'node:os'

const RESULTS = new URL('../results/', import.meta.url)

export async function keepResults(name: string, page: string, samples: object): Promise<void> {
  await mkdir(RESULTS, { recursive: true })
  await writeFile(new URL(`${name}.md`, RESULTS), page)
  await writeFile(new URL(`${name}.json`, RESULTS), `${JSON.stringify(samples, null, 2)}\n`)
  console.log(page)
}

export const machine = () =>
  `${cpus().length} cores (${cpus()[0]?.model.trim()}), Node ${process.versions.node}`
