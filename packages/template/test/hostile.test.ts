import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import t from 'tap'
import { checkTemplate } from '../src/check-template.ts'
import { renderEmail, renderSms } from '../src/render-template.ts'
import { TemplateError } from '../src/template-error.ts'
import type { Variables } from '../src/template-parts.ts'

const email = (html: string) => ({ subject: 'S', html, text: 'T' })
const html = (source: string, variables: Variables = {}) => renderEmail(email(source), variables).html ?? ''
const text = (source: string, variables: Variables = {}) => renderSms({ text: source }, variables)
const problemOf = (source: string) => checkTemplate({ email: email(source), sms: null })[0]?.problem

const nameOf = (mark: string) => [...mark].map((each) => each.codePointAt(0)?.toString(16)).join(' ')

/** Whatever it does, it fails in our words or prints nothing but what it was given. */
function failure(run: () => unknown): TemplateError {
  try {
    const printed = run()
    throw new Error(`was rendered: ${String(printed).slice(0, 200)}`)
  } catch (error) {
    if (error instanceof TemplateError) return error
    throw error
  }
}

t.test('no template gets at a prototype, a constructor or anything of ours', async (t) => {
  const variables = { name: 'Ada', list: ['a'], map: { a: 1 }, n: 1 }
  const roots = ['name', 'list', 'map', 'n', 'forloop', 'this', 'globalThis', 'process', 'self', '""', '"a"']
  const props = [
    'constructor',
    '__proto__',
    'prototype',
    'toString',
    'valueOf',
    'hasOwnProperty',
    '__defineGetter__',
  ]
  for (const root of roots) {
    for (const prop of props) {
      for (const path of [`${root}.${prop}`, `${root}["${prop}"]`, `${root}.${prop}.constructor`]) {
        failure(() => text(`{{ ${path} }}`, variables))
        failure(() => text(`{% assign x = ${path} %}{{ x }}`, variables))
      }
      const asked = text(`{% if ${root}.${prop} %}yes{% else %}no{% endif %}`, variables)
      t.equal(asked, 'no', `${root}.${prop}`)
    }
  }
  for (const name of [...props, 'require', 'module', 'environments', 'context', 'liquid']) {
    failure(() => text(`{{ ${name} }}`, variables))
    t.match(problemOf(`{{ "x" | ${name} }}`), /there is no filter/, name)
    t.match(problemOf(`{% ${name} %}`), /there is no tag|cannot be read/, name)
  }
})

t.test('a variable that is named like a part of a prototype is a variable and no more', async (t) => {
  const own = JSON.parse('{"__proto__":{"x":1},"constructor":"c","toString":"s","a":{"__proto__":{"y":2}}}')
  t.equal(text('{{ constructor }} {{ toString }}', own), 'c s')
  failure(() => text('{{ a.y }}', own))
  failure(() => text('{{ x }}', own))
  t.equal(({} as { x?: unknown }).x, undefined)
})

t.test('a function among the variables is not there: none is ever called', async (t) => {
  let called = 0
  const call = () => {
    called += 1
  }
  const variables = {
    call,
    toLiquid: call,
    map: { call, valueOf: call, toString: call },
    list: [call],
    ok: 1,
  }
  failure(() => text('{{ call }}', variables))
  failure(() => text('{{ map.call }}', variables))
  failure(() => text('{{ map }}', variables))
  t.equal(text('{{ ok }}{{ list }}', variables), '1')
  t.equal(called, 0)
})

t.test('no tag reads a file, and none prints past the escaping', async (t) => {
  const tags = [
    ...['include', 'render', 'layout'].map((tag) => `{% ${tag} "/etc/passwd" %}`),
    ...['include', 'render', 'layout'].map((tag) => `{% ${tag} 'https://evil.example/x' %}`),
    '{% block a %}{% endblock %}',
    '{% cycle x, x %}',
    '{% echo x %}',
    '{% capture y %}{{ x }}{% endcapture %}',
    '{% liquid echo x %}',
    '{% increment x %}',
    '{% decrement x %}',
    '{% tablerow i in x %}{{ i }}{% endtablerow %}',
    '{% # x %}',
  ]
  for (const source of tags) t.match(problemOf(source), /there is no tag|cannot be read/, source)
})

t.test('no filter takes escaping back, matches by a pattern, or knows time or chance', async (t) => {
  const filters = [
    'raw',
    'unescape',
    'escape_once',
    'xml_escape',
    'strip_html',
    'json',
    'inspect',
    'date',
    'date_to_string',
  ]
  const more = [
    'where_exp',
    'find_exp',
    'group_by_exp',
    'sample',
    'shuffle',
    'base64_decode',
    'url_decode',
    'map',
    'match',
  ]
  for (const name of [...filters, ...more])
    t.match(problemOf(`{{ x | ${name} }}`), `no filter “${name}”`, name)
})

t.test('no value adds a tag or an attribute to a page', async (t) => {
  const evil = `"'><script>alert(1)</script><img src=x onerror='y'>&lt;b&gt;`
  const safe =
    '&#34;&#39;&gt;&lt;script&gt;alert(1)&lt;/script&gt;&lt;img src=x onerror=&#39;y&#39;&gt;&amp;lt;b&amp;gt;'
  const variables = { evil, list: [evil], map: { a: evil } }
  const ways = [
    '{{ evil }}',
    '{{ evil | escape }}',
    '{{ map.a }}',
    '{{ list }}',
    '{{ list | join: "" }}',
    '{{ list[0] }}',
    '{% for each in list %}{{ each }}{% endfor %}',
    '{% assign x = evil %}{{ x }}',
    '{% assign x = evil | escape %}{{ x | replace: "&amp;", "&" | replace: "&lt;", "<" }}',
    '{{ evil | newline_to_br }}',
    '{{ missing | default: evil }}',
  ]
  for (const way of ways)
    t.notMatch(html(`<p title="${way}">${way}</p>`, variables), /<(?!\/?p)|"'|' on/, way)
  t.equal(html('<p title="{{ evil }}">{{ evil | escape }}</p>', variables), `<p title="${safe}">${safe}</p>`)
  t.equal(html('{{ x | newline_to_br }}', { x: '<b>\r\n2' }), '&lt;b&gt;<br>\n2')
  t.equal(html('{{ x | newline_to_br | append: x }}', { x: '<b>' }), '&amp;lt;b&amp;gt;&lt;b&gt;')
  t.equal(text('{{ evil }}', variables), evil, 'a text is no page')
})

t.test('a subject is one line and holds no second header, whatever its values', async (t) => {
  const breaks = ['\r\n', '\n', '\r', '\u0085', '\u2028', '\u2029', '\u000b', '\u000c', '\0']
  for (const mark of breaks) {
    const name = `Ada${mark}Bcc: eve@example.com${mark}${mark}body`
    const { subject } = renderEmail({ subject: 'Hi {{ name }}', html: null, text: 'T' }, { name })
    t.notMatch(subject, /[\p{Cc}\p{Zl}\p{Zp}]/u, nameOf(mark))
    t.match(subject, /^Hi Ada ?Bcc: eve@example.com ?body$/)
    const written = checkTemplate({ email: { subject: `Hi${mark}Bcc: x`, html: null, text: 'T' }, sms: null })
    t.match(written, [{ part: 'email.subject', problem: /one line|control character/ }], nameOf(mark))
  }
  const split = { subject: '{% if true %}\nBcc: x{% endif %}', html: null, text: 'T' }
  t.match(checkTemplate({ email: split, sms: null }), [{ line: 1, column: 14, problem: 'must be one line' }])
})

t.test('no value turns the direction of writing, hides in it or brings control characters', async (t) => {
  const unfit = [
    '\u202e',
    '\u202d',
    '\u2066',
    '\u2067',
    '\u2069',
    '\u200b',
    '\ufeff',
    '\u2060',
    '\0',
    '\u001b',
    '\ud800',
    '\ue000',
  ]
  for (const mark of unfit) {
    t.equal(text('[{{ x }}]', { x: `a${mark}b` }), '[ab]', nameOf(mark))
    t.equal(html('[{{ x.y }}]', { x: { y: `a${mark}b` } }), '[ab]', nameOf(mark))
  }
  t.equal(text('{{ x }}', { x: 'a\r\nb\u2028c\td' }), 'a\nb\nc\td', 'lines and tabs stay')
  const kept = 'می‌خواهم 👩‍👩‍👧 שלום'
  t.equal(text('{{ x }}', { x: kept }), kept)
})

const LOOPS = {
  'a range without end': '{% for i in (1..1000000000) %}{% endfor %}',
  'a range that begins at the end':
    '{% for i in (1000000000..1) %}{% endfor %}{% for i in (1..1000000000) %}x{% endfor %}',
  'empty loops in loops': `${'{% for a in list %}'.repeat(8)}${'{% endfor %}'.repeat(8)}`,
  'ranges in ranges': `${'{% for a in (1..1000) %}'.repeat(3)}${'{% endfor %}'.repeat(3)}`,
  'a text that doubles': `{% assign x = "aaaaaaaaaa" %}${'{% assign x = x | append: x %}'.repeat(40)}{{ x | size }}`,
  'a text that is replaced into itself': `{% assign x = "aaaaaaaaaa" %}${'{% assign x = x | replace: "a", x %}'.repeat(9)}`,
  'a long text again and again': `{% for a in (1..500) %}${'{{ long }}'.repeat(8)}{% endfor %}`,
  'a long page again and again': `{% for a in (1..10000) %}${'x'.repeat(50_000)}{% endfor %}`,
  'a list that is split': '{% assign x = long | split: "" | join: long | split: "" | join: long %}{{ x }}',
  'long expressions in a loop': `{% for a in (1..9000) %}{% if true${' and true'.repeat(200)} %}{% endif %}{% endfor %}`,
  'long texts compared in a loop':
    '{% for a in (1..9000) %}{% if long contains "xy" %}{% endif %}{% endfor %}',
  'many branches in a loop': `{% for a in (1..9000) %}{% if false %}${'{% elsif false %}'.repeat(3_000)}{% endif %}{% endfor %}`,
  'many cases in a loop': `{% for a in (1..9000) %}{% case 0 %}${'{% when 1, 2, 3 %}'.repeat(3_000)}{% endcase %}{% endfor %}`,
  'many filters in a loop': `{% for a in (1..9000) %}{{ a${' | plus: 1'.repeat(180)} }}{% endfor %}`,
  'sorting all the time':
    '{% assign l = long | split: "" %}{% for a in (1..1000) %}{% assign m = l | sort %}{% endfor %}',
}

t.test('what would take long or much ends early and fails, on any machine at the same point', async (t) => {
  const variables = { list: Array.from({ length: 100 }, (_, n) => n), long: 'x'.repeat(4_000) }
  for (const [what, source] of Object.entries(LOOPS)) {
    const began = process.hrtime.bigint()
    const error = failure(() => html(source, variables))
    const ms = Number(process.hrtime.bigint() - began) / 1e6
    t.match(error.problem, { problem: /too many steps|too much text|longer than/, part: 'email.html' }, what)
    t.ok(ms < 5_000, `${what}: ${ms} ms`)
  }
})

t.test('nesting without end is refused before anything descends into it', async (t) => {
  t.match(
    problemOf(`${'{% if a %}'.repeat(4_500)}${'{% endif %}'.repeat(4_500)}`),
    'is nested deeper than 20 blocks',
  )
  const path = `{{ ${'a['.repeat(600)}1${']'.repeat(600)} }}`
  t.match(failure(() => html(path)).problem, { problem: /nested too deeply|cannot be read|is not there/ })
  t.match(problemOf(`{{ ${'a['.repeat(30_000)}1${']'.repeat(30_000)} }}`), 'is longer than 2000 characters')
  t.equal(html(`{{ "x"${' | append: "x"'.repeat(100)} }}`), 'x'.repeat(101))
  t.equal(html(`{% if true${' and true'.repeat(200)} %}x{% endif %}`), 'x')
})

t.test('no source, however odd, takes long to read', async (t) => {
  const units = [
    '{{',
    '{%',
    '{% raw %}',
    '{% comment %}',
    '{{ "',
    '{{ a | ',
    '{%- ',
    '{{ a.',
    '{{ (',
    "{{ a['",
    '{% if ',
    ' ',
  ]
  for (const unit of units) {
    const began = process.hrtime.bigint()
    problemOf(unit.repeat(Math.floor(99_000 / unit.length)))
    const ms = Number(process.hrtime.bigint() - began) / 1e6
    t.ok(ms < 5_000, `${JSON.stringify(unit)}: ${ms} ms`)
  }
})

t.test('what a failure tells holds no value', async (t) => {
  const variables = { secret: 'canary-4711', list: ['canary-4711'] }
  const sources = [
    '{{ secret.nothing }}',
    '{{ list[secret] }}',
    '{{ nothing }} {{ secret }}',
    '{{ secret | append }}',
  ]
  for (const source of sources) {
    const error = failure(() => text(source, variables))
    t.notMatch(`${error.stack} ${JSON.stringify(error)} ${JSON.stringify(error.cause)}`, 'canary', source)
  }
})

t.test('what is remembered of templates takes little memory, however many are all tags', async (t) => {
  setFlagsFromString('--expose-gc')
  const heapMegabytes = () => {
    runInNewContext('gc')()
    return process.memoryUsage().heapUsed / 1e6
  }
  const before = heapMegabytes()
  for (let n = 0; n < 6; n += 1) problemOf(`${n}${'{{a}}'.repeat(19_000)}`)
  const grown = heapMegabytes() - before
  t.ok(grown < 80, `${grown} MB`)
})
