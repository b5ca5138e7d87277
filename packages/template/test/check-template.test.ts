import t from 'tap'
import { checkTemplate } from '../src/check-template.ts'
import { renderEmail, renderSms } from '../src/render-template.ts'
import { TemplateError } from '../src/template-error.ts'
import { SOURCE_LIMITS } from '../src/template-parts.ts'

const sms = (text: string) => checkTemplate({ email: null, sms: { text } })

t.test('a template that can be read has no problem', async (t) => {
  const email = {
    subject: '{{ name | capitalize }}: {{ n }}',
    html: '<p>{% for item in items %}{{ item.name }} {{ forloop.index }}{% unless forloop.last %},{% endunless %}{% endfor %}</p>',
    text: '{% if n > 1 %}many{% elsif n == 1 %}one{% else %}none{% endif %}{% comment %}no{% endcomment %}{% raw %}{{ x }}{% endraw %}',
  }
  t.same(checkTemplate({ email, sms: { text: '{% case n %}{% when 1 %}a{% endcase %}' } }), [])
  const mail = renderEmail(email, { name: 'ada', n: 2, items: [{ name: 'a' }, { name: 'b & c' }] })
  t.same(mail, { subject: 'Ada: 2', html: '<p>a 1,b &amp; c 2</p>', text: 'many{{ x }}' })
})

t.test('a problem says where it is and what it is', async (t) => {
  const cases: readonly (readonly [string, number, number, string | RegExp])[] = [
    ['a\nb {{ x', 2, 3, 'this output is not closed'],
    ['a\n\n  {% if x', 3, 3, 'this tag is not closed'],
    ['{% if x %}\nabc', 1, 1, 'this tag is not closed'],
    ['a {% for %}{% endfor %}', 1, 3, 'this cannot be read as Liquid'],
    ['a\n{{ x | nothing }}', 2, 1, 'there is no filter “nothing” here'],
    ['{% endif %}', 1, 1, 'there is no tag “endif” here, or it stands alone'],
    ['{% if x %}{% else %}{% else %}{% endif %}', 1, 1, 'this tag does not belong here'],
    ['{% raw %}{{ x }}', 1, 10, 'this raw block is not closed'],
    ['{{ }}', 1, 4, 'this cannot be read as Liquid'],
    ['ok\nand\0so', 2, 4, 'has a control character here'],
    ['half \ud83d of one', 1, 6, 'has a control character here'],
    [' \n', 1, 1, 'is empty'],
  ]
  for (const [source, line, column, problem] of cases) {
    t.match(sms(source), [{ part: 'sms.text', line, column, problem }], JSON.stringify(source))
  }
})

t.test('each part has its own problem', async (t) => {
  const problems = checkTemplate({
    email: { subject: '{{', html: '<b>', text: '{% x %}' },
    sms: { text: '{{ a | b }}' },
  })
  t.same(
    problems.map(({ part }) => part),
    ['email.subject', 'email.text', 'sms.text'],
  )
})

t.test('a source has room, and no more than that', async (t) => {
  for (const [part, limit] of Object.entries(SOURCE_LIMITS)) {
    const email = { subject: 'S', html: 'H', text: 'T' }
    const long = 'x'.repeat(limit)
    const parts = (source: string) => {
      const [channel, name = ''] = part.split('.')
      return channel === 'sms'
        ? { email, sms: { text: source } }
        : { email: { ...email, [name]: source }, sms: null }
    }
    t.same(checkTemplate(parts(long)), [], part)
    t.match(checkTemplate(parts(`${long}x`)), [{ part, problem: `is longer than ${limit} characters` }])
  }
})

t.test('a variable that is not there fails by its name and place; it may be asked for', async (t) => {
  const cases: readonly (readonly [string, string, number])[] = [
    ['Hi {{ name }}', 'name', 7],
    ['Hi {{ order.number }}', 'order.number', 7],
    ['{% for x in list %}{% endfor %}', 'list', 13],
    ['{{ a | append: b }}', 'b', 16],
  ]
  for (const [text, variable, column] of cases) {
    const run = () => renderSms({ text }, { order: {}, a: 1 })
    t.throws(run, { code: 'variable_missing', variable }, text)
    const problem = `the variable “${variable}” is not there`
    t.match(problemOf(run), { part: 'sms.text', line: 1, column, problem }, text)
  }
  t.equal(renderSms({ text: '{% if name %}{{ name }}{% else %}you{% endif %}' }, {}), 'you')
  t.equal(renderSms({ text: '{{ name | default: "you" }}' }, {}), 'you')
})

function problemOf(run: () => unknown) {
  try {
    run()
    return null
  } catch (error) {
    return error instanceof TemplateError ? error.problem : error
  }
}

t.test('what comes out empty or too long is no message', async (t) => {
  const sms = (x: string) => problemOf(() => renderSms({ text: '{{ x }}' }, { x }))
  t.match(sms(' \n'), { part: 'sms.text', problem: 'comes out empty' })
  t.equal(sms('x'.repeat(1_600)), null)
  t.match(sms('x'.repeat(1_601)), { problem: 'becomes longer than 1600 characters' })
  const mail = { subject: '{{ x }}', html: null, text: 'T' }
  t.match(
    problemOf(() => renderEmail(mail, { x: 'x'.repeat(301) })),
    { part: 'email.subject' },
  )
  t.equal(renderEmail(mail, { x: 'x'.repeat(300) }).html, null, 'a mail may have no page')
})
