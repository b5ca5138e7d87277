// Which of the languages there are is nearest to the one that was asked for (RFC 4647, section 3.4: lookup).

/**
 * Looks for `wanted`, then for it without its last part, and so on: `de-AT-1996`, `de-AT`, `de`. Case does not matter.
 * @param wanted a language tag (BCP 47); null: none was asked for
 * @returns one of `available`, else `fallback`
 */
export function nearestLanguage<Language extends string>(
  wanted: string | null,
  available: readonly Language[],
  fallback: Language,
): Language {
  let range = (wanted ?? '').toLowerCase()
  while (range !== '') {
    const found = available.find((language) => language.toLowerCase() === range)
    if (found !== undefined) return found
    range = withoutLastPart(range)
  }
  return fallback
}

/** A single letter only begins an extension (`-x-…`), so it goes with what followed it. */
const withoutLastPart = (range: string) => range.replace(/(?:^|-)[^-]*$/, '').replace(/-.$/, '')
