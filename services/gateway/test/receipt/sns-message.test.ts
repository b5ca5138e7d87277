import { settingsForm } from '@postern/contracts/sender'
import t from 'tap'
import { Compile } from 'typebox/compile'
import { parseSns, placesOf, snsMessageOf } from '../../src/receipt/sns-message.ts'

const form = settingsForm('email', 'ses')
if (form === undefined) throw new Error('no form')
const check = Compile(form)
const isSetting = (topic_arn: string) => check.Check({ region: 'eu-west-1', topic_arn })
const topic = (partition: string, region: string, name = 'postern') =>
  `arn:${partition}:sns:${region}:000000000000:${name}`

/** Of every partition in which SES and SNS are there, and every form that the name of a region has. */
const REGIONS = [
  ['aws', 'us-east-1', '.com'],
  ['aws', 'us-west-2', '.com'],
  ['aws', 'eu-central-1', '.com'],
  ['aws', 'ap-southeast-5', '.com'],
  ['aws', 'ap-northeast-3', '.com'],
  ['aws', 'ca-west-1', '.com'],
  ['aws', 'mx-central-1', '.com'],
  ['aws', 'il-central-1', '.com'],
  ['aws', 'af-south-1', '.com'],
  ['aws-cn', 'cn-north-1', '.com.cn'],
  ['aws-cn', 'cn-northwest-1', '.com.cn'],
  ['aws-us-gov', 'us-gov-west-1', '.com'],
  ['aws-us-gov', 'us-gov-east-1', '.com'],
] as const
const FILE = `/SimpleNotificationService-${'0a'.repeat(16)}.pem`

t.test(
  'a topic that a sender may be given is one whose messages can be checked, in every partition',
  async (t) => {
    for (const [partition, region, end] of REGIONS) {
      const arn = topic(partition, region, 'Ses_events-1')
      t.ok(isSetting(arn), arn)
      t.ok(placesOf(arn, undefined)?.isCertificate(`https://sns.${region}.amazonaws${end}${FILE}`), arn)
    }
    t.ok(isSetting(topic('aws', 'eu-west-1', 'a'.repeat(256))))
  },
)

t.test('what is no topic is refused where it is set, and believed nowhere', async (t) => {
  for (const arn of [
    topic('aws-else', 'eu-west-1'),
    topic('aws', 'eu-west'),
    topic('aws', '1-1'),
    topic('aws', 'eu.west-1'),
    topic('aws', 'evil.example/-1'),
    topic('aws', 'eu-west-1', 'orders.fifo'),
    topic('aws', 'eu-west-1', ''),
    topic('aws', 'eu-west-1', 'a'.repeat(257)),
    topic('aws', 'eu-west-1').replace('000000000000', '1'),
    topic('aws', 'eu-west-1').replace(':sns:', ':sqs:'),
    `${topic('aws', 'eu-west-1')}\n`,
    ` ${topic('aws', 'eu-west-1')}`,
    `${topic('aws', 'eu-west-1')}:subscription`,
  ]) {
    t.notOk(isSetting(arn), arn)
    t.equal(placesOf(arn, undefined), null, arn)
  }
})

t.test('what strangers nest or string together is not read; what Amazon sends is', async (t) => {
  const times = 500_000
  for (const [name, text] of Object.entries({
    lists: '['.repeat(times) + ']'.repeat(times),
    objects: `${'{"a":'.repeat(1_000)}1${'}'.repeat(1_000)}`,
    members: JSON.stringify(Object.fromEntries(Array.from({ length: 1_000 }, (_, at) => [`k${at}`, '']))),
    'behind an escaped quote': `{"Message":"\\"","more":${'['.repeat(times)}`,
  }))
    t.equal(parseSns(Buffer.from(text)), undefined, name)
  const attributes = Array.from({ length: 10 }, (_, at) => [`a${at}`, { Type: 'String', Value: '{[,"\\' }])
  const message = {
    Type: 'Notification',
    MessageId: 'm',
    TopicArn: topic('aws', 'eu-west-1'),
    Message: JSON.stringify({
      mail: { headers: Array.from({ length: 500 }, () => ({ name: '\\', value: '"' })) },
    }),
    Timestamp: '2026-11-21T12:00:00.000Z',
    SignatureVersion: '2',
    Signature: 'c2lnbmVk',
    SigningCertURL: `https://sns.eu-west-1.amazonaws.com${FILE}`,
    UnsubscribeURL: 'https://sns.eu-west-1.amazonaws.com/?Action=Unsubscribe',
    MessageAttributes: Object.fromEntries(attributes),
  }
  t.match(snsMessageOf(parseSns(Buffer.from(JSON.stringify(message, null, 2)))), message)
})
