// Where in a page a value may stand: in text, and between the quotes of an attribute. There escaping holds it; in a script,
// a style, a tag's own name or an attribute without quotes it does not, so those places are refused before anything is sent.

const WORD = /[^\s/>=]/

/** Elements whose content is code: it ends with their own end tag alone. */
const CODE = new Set(['script', 'style'])
/** Attributes that hold code, whatever their quotes. */
const CODE_ATTRIBUTE = /^(?:on|style$|srcdoc$)/

type Place = 'text' | 'comment' | 'code' | 'tag' | 'attribute' | 'before value' | 'value'

/** Reads a page piece by piece, as browsers and mail programs do. */
export class HtmlPlaces {
  #place: Place = 'text'
  /** Of the tag that is open. */
  #tag = ''
  #attribute = ''
  /** What ends the value; empty: it has no quotes. */
  #quote = ''
  /** Nothing stands in the value yet. */
  #isNew = false

  /** Between tags, and in no comment: some mail programs read comments. */
  get isText(): boolean {
    return this.#place === 'text'
  }

  /** The attribute whose value, between quotes, begins here; null: none does. */
  get opening(): string | null {
    return this.#place === 'value' && this.#quote !== '' && this.#isNew ? this.#attribute : null
  }

  /** What is wrong with a value here; null: nothing. */
  refusal(): string | null {
    if (this.#place === 'text' || this.#place === 'comment') return null
    if (this.#place === 'code') return `a value cannot stand in a ${this.#tag}`
    if (this.#place !== 'value' || this.#quote === '') return 'a value in a tag must stand between quotes'
    if (CODE_ATTRIBUTE.test(this.#attribute)) return 'a value cannot stand in an attribute that holds code'
    return null
  }

  /** A value stands here: without quotes it begins, or is, an attribute's value. */
  value(): void {
    if (this.#place === 'before value') this.#begin('')
    this.#isNew = false
  }

  read(html: string): void {
    let at = 0
    while (at < html.length) at = this.#step(html, at)
  }

  #step(html: string, at: number): number {
    if (this.#place === 'text') return this.#text(html, at)
    if (this.#place === 'comment') return this.#until(html, at, /--!?>/g)
    if (this.#place === 'code')
      return this.#until(html, at, this.#tag === 'script' ? /<\/script/gi : /<\/style/gi)
    return this.#inTag(html, at)
  }

  #text(html: string, at: number): number {
    // At the end of a piece, what follows would be the tag's name.
    const begin = /<!--|<\/?(?:[A-Za-z][^\s/>]*|$)/g
    begin.lastIndex = at
    const found = begin.exec(html)
    if (found === null) return html.length
    this.#place = found[0] === '<!--' ? 'comment' : 'tag'
    this.#tag = found[0].slice(1).toLowerCase()
    return this.#place === 'comment' ? this.#emptyComment(html, begin.lastIndex) : begin.lastIndex
  }

  /** `<!-->` and `<!--->` are over where they begin. */
  #emptyComment(html: string, at: number): number {
    const end = /-?>/y
    end.lastIndex = at
    if (!end.test(html)) return at
    this.#place = 'text'
    return end.lastIndex
  }

  #until(html: string, at: number, end: RegExp): number {
    end.lastIndex = at
    if (end.exec(html) === null) return html.length
    this.#tag = ''
    this.#place = this.#place === 'comment' ? 'text' : 'tag'
    return end.lastIndex
  }

  #inTag(html: string, at: number): number {
    const char = html.charAt(at)
    if (this.#place === 'value') {
      this.#isNew = false
      if (this.#quote === '' ? !/[\s>]/.test(char) : char !== this.#quote) return at + 1
      this.#place = 'tag'
      return this.#quote === '' ? at : at + 1
    }
    if (char === '>') this.#place = CODE.has(this.#tag) ? 'code' : 'text'
    else if (this.#place === 'before value') {
      if (!/\s/.test(char)) this.#begin(char === '"' || char === "'" ? char : '')
    } else if (char === '=' && this.#place === 'attribute') this.#place = 'before value'
    else if (WORD.test(char)) {
      const name = /[^\s/>=]+/g
      name.lastIndex = at
      this.#attribute = name.exec(html)?.[0].toLowerCase() ?? ''
      this.#place = 'attribute'
      return name.lastIndex
    }
    return at + 1
  }

  #begin(quote: string): void {
    this.#place = 'value'
    this.#quote = quote
    this.#isNew = true
  }
}
