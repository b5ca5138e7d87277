// Where a link or code may stand in a page: what signs somebody in must reach that person alone. As a part of another address
// (`src="https://…?{{ code }}"`) a mail program would hand it on as soon as the mail is shown, and so would a condition on it,
// piece by piece.

import { Tokenizer, TokenKind, type TopLevelToken } from 'liquidjs'
import { HtmlPlaces } from './html-places.ts'
import { HTML } from './liquid-engine.ts'
import { htmlOf } from './parse-part.ts'
import type { Problem } from './template-error.ts'

/**
 * The first place of a page that could give the variable away; null: there is none. It stands in text, or at the beginning
 * of an `href`, and no tag asks for it. Tags stand in text, so that the places are the same whichever branch is taken.
 * @throws {LiquidError} where the page cannot be read: ask `checkTemplate` first
 */
export function secretProblem(html: string, name: string): Problem | null {
  const places = new HtmlPlaces()
  const asks = new RegExp(`\\b${name}\\b`)
  for (const token of new Tokenizer(html).readTopLevelTokens(HTML.options)) {
    const problem = problemOf(token, places, { name, asks })
    if (problem === null) continue
    const [line = 1, column = 1] = token.getPosition()
    return { part: 'email.html', line, column, problem }
  }
  return null
}

interface Secret {
  readonly name: string
  readonly asks: RegExp
}

function problemOf(token: TopLevelToken, places: HtmlPlaces, { name, asks }: Secret): string | null {
  if (token.kind === TokenKind.HTML) {
    places.read(htmlOf(token))
    return null
  }
  const isAsked = asks.test(token.getText())
  if (token.kind === TokenKind.Tag) {
    if (isAsked) return `a tag cannot ask for “${name}”`
    return places.isText ? null : 'in this page a tag must stand in text'
  }
  const isFine = places.isText || (places.opening === 'href' && PLAIN.test(token.getText()))
  places.value()
  return !isAsked || isFine ? null : `“${name}” must stand in text, or begin an href`
}

/** A name alone: nothing is done to what it stands for. */
const PLAIN = /^\{\{-?\s*\w+\s*-?\}\}$/
