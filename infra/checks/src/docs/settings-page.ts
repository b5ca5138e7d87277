// docs/configuration.md tells every setting with its default, and every secret's file. The specs are those that the
// services read their settings by.

import { pathToFileURL } from 'node:url'
import type { SettingDescription } from '@postern/config/setting'
import type { House } from './house.ts'
import type { Page } from './markdown.ts'

const CONFIGS = /^(?:services|packages)\/[^/]+\/src\/config\.ts$/

/** Every setting of the checkout's services, each once. */
export async function readSettingsOf(root: string, house: House): Promise<SettingDescription[]> {
  const specs = await Promise.all(
    house.sources
      .filter((file) => CONFIGS.test(file) && /export const SETTINGS\b/.test(house.source(file)))
      .map(
        async (file) =>
          (await import(pathToFileURL(`${root}/${file}`).href)).SETTINGS as Record<
            string,
            SettingDescription
          >,
      ),
  )
  const all = specs.flatMap((spec) => Object.values(spec))
  return [...new Map(all.map((setting) => [setting.env, setting])).values()]
}

export function settingsPageFaults(page: Page, settings: readonly SettingDescription[]): string[] {
  return settings.flatMap(({ env, default: fallback }) => {
    const row = page.rows.find(({ cells }) => cells[0] === `\`${env}\``)
    if (row === undefined)
      return [`${page.path} has no row that begins with \`${env}\`: the services read it.`]
    const shown =
      fallback === null || fallback === '' || row.cells.some((cell) => cell.includes(`\`${fallback}\``))
    return shown ? [] : [`${page.path}:${row.line} does not show the default of ${env}, \`${fallback}\`.`]
  })
}

export function secretsPageFaults(page: Page, names: readonly string[]): string[] {
  const told = new Set(page.spans.map(({ text }) => text.replace(/\/.*$/, '')))
  return names
    .filter((name) => !told.has(name))
    .map((name) => `${page.path} does not name the secret \`${name}\`.`)
}
