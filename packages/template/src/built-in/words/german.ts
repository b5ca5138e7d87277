// The built-in messages in German.

import type { Words } from './words.ts'

const MINUTES = '{{ minutes }} {% if minutes == 1 %}Minute{% else %}Minuten{% endif %}'

export const german: Words = {
  language: 'de',
  magicLink: {
    title: 'Anmelden bei {{ tenant_name }}',
    button: 'Anmelden',
    openThis: 'Öffnen Sie diesen Link, um sich anzumelden:',
    works: `Er gilt einmal und bis ${MINUTES} nach dem Versand.`,
    buttonWorks: `Die Schaltfläche gilt einmal und bis ${MINUTES} nach dem Versand.`,
    copyThis: 'Wenn sich nichts öffnet, kopieren Sie diese Adresse in Ihren Browser:',
    notForOthers:
      'Leiten Sie diese Nachricht nicht weiter und zeigen Sie sie niemandem: Wer den Link hat, kann sich als Sie anmelden. {{ tenant_name }} wird Sie nie danach fragen.',
    notYou: 'Sie haben das nicht angefordert? Dann tun Sie nichts. Ohne den Link kann sich niemand anmelden.',
  },
  otp: {
    title: 'Ihr Code für {{ tenant_name }}',
    works: `Geben Sie ihn dort ein, wo Sie danach gefragt wurden. Er gilt einmal und bis ${MINUTES} nach dem Versand.`,
    notForOthers:
      'Sagen Sie diesen Code niemandem: Wer ihn hat, kann sich als Sie ausgeben. Niemand von {{ tenant_name }} wird Sie je anrufen oder Ihnen schreiben, um danach zu fragen.',
    notYou: 'Sie haben das nicht angefordert? Dann tun Sie nichts. Ohne den Code geschieht nichts.',
  },
  otpSms: '{{ code }} ist Ihr Code für {{ tenant_name }}. Sagen Sie ihn niemandem.',
  notice: {
    from: 'Diese Nachricht hat Ihnen {{ tenant_name }} gesendet.',
    sms: '{{ tenant_name }}: {{ title }}\n{{ body }}',
  },
}
