import t from 'tap'
import { checkTemplate } from '../src/check-template.ts'
import { renderEmail } from '../src/render-template.ts'

const email = (html: string) => ({ subject: 'S', html, text: 'T' })
const problemOf = (html: string) => checkTemplate({ email: email(html), sms: null })[0]
const shown = (html: string, x: string) => renderEmail(email(html), { x }).html

t.test('a value may stand in text, between quotes, and in a comment of Outlook’s', async (t) => {
  const fine = [
    '{{ x }}',
    '<p title="{{ x }}" class=\'a {{ x }}\'>{{ x }}</p>',
    '<a href="{{ x }}">{{ x }}</a>',
    '<a href="https://a.example/{{ x }}?b={{ x }}">in</a>',
    '<!--[if mso]><v:rect href="{{ x }}">{{ x }}</v:rect><![endif]-->{{ x }}',
    '<style>p { color: red } </style>{{ x }}<script>if (a < b) {}</script>{{ x }}',
    '<title>{{ x }}</title><textarea>{{ x }}</textarea>',
    '<td {% if x %}bgcolor="{{ x }}"{% endif %} nowrap>{{ x }}</td>',
    '<br/>{{ x }}<img alt="a>b" width=10>{{ x }}',
    'a < b {{ x }} c > d <3 {{ x }}',
    '<p title = "{{ x }}">',
    '<a href="{% if x %}{{ x }}{% else %}#{% endif %}">',
  ]
  for (const html of fine) t.equal(problemOf(html), undefined, html)
})

t.test('a value where escaping does not hold it is refused, with where it stands', async (t) => {
  const quotes = 'a value in a tag must stand between quotes'
  const code = 'a value cannot stand in an attribute that holds code'
  const refused: readonly (readonly [string, number, string])[] = [
    ['<p title={{ x }}>', 10, quotes],
    ['<p title= {{ x }}>', 11, quotes],
    ['<p title=a{{ x }}>', 11, quotes],
    ['<p {{ x }}>', 4, quotes],
    ['<p {{ x }}="a">', 4, quotes],
    ['<p a{{ x }}="a">', 5, quotes],
    ['<{{ x }}>', 2, quotes],
    ['a </{{ x }}>', 5, quotes],
    ['<h{{ x }}>', 3, quotes],
    ['</h{{ x }}>', 4, quotes],
    ['<p onclick="{{ x }}">', 13, code],
    ['<p OnLoad=\'f("{{ x }}")\'>', 15, code],
    ['<p style="color:{{ x }}">', 17, code],
    ['<iframe srcdoc="{{ x }}">', 17, code],
    ['<script>{{ x }}</script>', 9, 'a value cannot stand in a script'],
    ['<SCRIPT a="b">"</p>{{ x }}', 20, 'a value cannot stand in a script'],
    ['<style>p{color:{{ x }}}</style>', 16, 'a value cannot stand in a style'],
    ['<script><!-- </p> --> {{ x }}</script>', 23, 'a value cannot stand in a script'],
    ['<p title="a"{{ x }}>', 13, quotes],
    ['<p title=a{% if x %} {% endif %}b={{ x }}>', 35, quotes],
    ['< {{- x }}>', 3, quotes],
    ['<!--><p title={{ x }}>', 15, quotes],
    ['<!---><p title={{ x }}>', 16, quotes],
    ['<!-- --!><p title={{ x }}>', 19, quotes],
  ]
  for (const [html, column, problem] of refused) {
    t.match(problemOf(html), { line: 1, column, problem }, html)
  }
})

t.test('no link leads to what runs code, whoever wrote it and however it is written', async (t) => {
  const link = '<a class="b" href="{{ x }}">in</a>'
  const evil = [
    'javascript:alert(1)',
    'JaVaScript:alert(1)',
    ' \t java\nscript\t:alert(1)',
    '\u0001javascript:alert(1)',
    'data:text/html,<script>alert(1)</script>',
    'vbscript:x',
    'file:///etc/passwd',
    'blob:x',
  ]
  const problem = { part: 'email.html', problem: /no web, mail or phone address/ }
  for (const x of evil) t.throws(() => shown(link, x), { problem } as never, x)
  for (const html of [
    "<a href='javascript:x'>",
    '<a href=javascript:x>',
    '<a href="&#106;avascript:x">',
    '<a href="&#x6a;avascript&colon;x">',
    '<a href="java&Tab;script:x">',
    '<a/href="{{ x }}">',
    '<a title="y"href="{{ x }}">',
    '<img\nsrc = "data:image/png;base64,x">',
  ])
    t.throws(() => shown(html, 'javascript:x'), { problem } as never, html)
  for (const x of [
    'https://a.example/?b=c:d',
    'HTTP://a',
    'mailto:a@b.c',
    'tel:+1',
    '/path:x',
    '#a',
    '',
    'a b',
    '?x:y',
  ])
    t.match(shown(link, x), 'in</a>', x)
})
