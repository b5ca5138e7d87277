// The pages name only what exists, and the code names only pages that exist. What is planned stands between
// `<!-- not built yet: #<issue> -->` and `<!-- built -->`.

import { RINGS, SECRET_FILES } from '@postern/config/known-secrets'
import { type House, readHouse } from './docs/house.ts'
import { pageFaults } from './docs/page-faults.ts'
import { readSettingsOf, secretsPageFaults, settingsPageFaults } from './docs/settings-page.ts'
import { report } from './report.ts'

const SETTINGS_PAGE = 'docs/configuration.md'

export async function checkDocs(root: string): Promise<string[]> {
  const house = readHouse(root)
  return [
    ...[...house.pages.values()].flatMap((page) => pageFaults(page, house)),
    ...namedPages(house),
    ...(await settingsFaults(root, house)),
  ]
}

/** Pages that comments and messages of the code name. */
function namedPages(house: House): string[] {
  return house.sources.flatMap((file) => {
    const named = house.source(file).match(/\bdocs\/[\w/.-]+\.md\b/g) ?? []
    return [...new Set(named)]
      .filter((page) => !house.files.has(page))
      .map((page) => `${file} names ${page}, which is not there.`)
  })
}

async function settingsFaults(root: string, house: House): Promise<string[]> {
  const page = house.pages.get(SETTINGS_PAGE)
  if (page === undefined) return []
  const settings = await readSettingsOf(root, house)
  return [
    ...settingsPageFaults(page, settings),
    ...secretsPageFaults(page, [...SECRET_FILES, ...Object.keys(RINGS)]),
  ]
}

if (import.meta.main) await report(checkDocs)
