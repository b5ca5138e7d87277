// What exists in the checkout, as far as a page can name it. Read once from the files; nothing is started for it.

import { posix } from 'node:path'
import { houseFiles, readText } from '../house-files.ts'
import { literal } from './literal.ts'
import { type Page, readPage } from './markdown.ts'

export interface House {
  readonly files: ReadonlySet<string>
  readonly folders: ReadonlySet<string>
  readonly pages: ReadonlyMap<string, Page>
  /** Names that `npm run` takes. */
  readonly scripts: ReadonlySet<string>
  /** Every POSTERN_ variable of the code. */
  readonly settings: ReadonlySet<string>
  /** Paths that the services and the sandbox answer, as the code writes them. */
  readonly routes: ReadonlySet<string>
  /** Whether the code, tests left out, has this word. */
  has(word: string): boolean
  /** The text of a source file. */
  source(file: string): string
  readonly sources: readonly string[]
}

const CODE = /\.(?:ts|mjs|js|sql|ya?ml|json|sh|html|css)$|(?:^|\/)Dockerfile$|^\.ci\//
const NOT_CODE = /(?:^|\/)test\/|^pnpm-lock\.yaml$|^infra\/checks\//
const ANSWERS = /^(?:services\/[^/]+|packages\/(?:service-kit|sandbox))\/src\/.*\.ts$/

export function readHouse(root: string): House {
  const files = houseFiles(root)
  const sources = files.filter((file) => CODE.test(file) && !NOT_CODE.test(file))
  const texts = new Map(sources.map((file) => [file, readText(root, file) ?? '']))
  const words = new Set([...texts.values()].flatMap((text) => text.match(/[\w.-]*\w/g) ?? []))
  const scripts = JSON.parse(readText(root, 'package.json') ?? '{}').scripts as
    | Record<string, string>
    | undefined
  return {
    files: new Set(files),
    folders: new Set(files.flatMap(foldersAbove)),
    pages: new Map(
      files
        .filter((file) => file.endsWith('.md'))
        .map((file) => [file, readPage(file, readText(root, file) ?? '')]),
    ),
    scripts: new Set(Object.keys(scripts ?? {})),
    settings: new Set(
      [...texts.values()].flatMap((text) => text.match(/\bPOSTERN_[A-Z0-9_]*[A-Z0-9]\b/g) ?? []),
    ),
    routes: new Set(
      sources.filter((file) => ANSWERS.test(file)).flatMap((file) => pathsIn(texts.get(file) ?? '')),
    ),
    has: (word) => words.has(word) || [...texts.values()].some((text) => isWordOf(text, word)),
    source: (file) => texts.get(file) ?? '',
    sources,
  }
}

function foldersAbove(file: string): string[] {
  const above = posix.dirname(file)
  return above === '.' ? [] : [above, ...foldersAbove(above)]
}

/** Literals that begin with a slash. */
function pathsIn(text: string): string[] {
  return [...text.matchAll(/(['"`])(\/[^'"`\s]*)\1/g)].map(([, , path]) => path ?? '')
}

function isWordOf(text: string, word: string): boolean {
  const at = text.indexOf(word)
  return at >= 0 && new RegExp(`(?<![\\w-])${literal(word)}(?![\\w-])`).test(text)
}
