// The built-in messages in Spanish. The SMS says "clave": the accent of "código" would halve what fits into it.

import type { Words } from './words.ts'

const MINUTES = '{{ minutes }} {% if minutes == 1 %}minuto{% else %}minutos{% endif %}'

export const spanish: Words = {
  language: 'es',
  magicLink: {
    title: 'Iniciar sesión en {{ tenant_name }}',
    button: 'Iniciar sesión',
    openThis: 'Abra este enlace para iniciar sesión:',
    works: `Sirve una sola vez, hasta ${MINUTES} después de su envío.`,
    buttonWorks: `El botón sirve una sola vez, hasta ${MINUTES} después del envío.`,
    copyThis: 'Si el botón no hace nada, copie esta dirección en su navegador:',
    notForOthers:
      'No reenvíe este mensaje ni se lo enseñe a nadie: quien tenga el enlace puede iniciar sesión en su lugar. {{ tenant_name }} nunca se lo pedirá.',
    notYou: '¿No lo ha pedido usted? Entonces no haga nada. Sin el enlace nadie puede iniciar sesión.',
  },
  otp: {
    title: 'Su código para {{ tenant_name }}',
    works: `Escríbalo donde se lo hayan pedido. Sirve una sola vez, hasta ${MINUTES} después de su envío.`,
    notForOthers:
      'No le diga este código a nadie: quien lo tenga puede hacerse pasar por usted. Nadie de {{ tenant_name }} le llamará ni le escribirá nunca para pedírselo.',
    notYou: '¿No lo ha pedido usted? Entonces no haga nada. Sin el código no ocurre nada.',
  },
  otpSms: '{{ code }} es su clave para {{ tenant_name }}. No se la diga a nadie.',
  notice: {
    from: 'Este mensaje se lo ha enviado {{ tenant_name }}.',
    sms: '{{ tenant_name }}: {{ title }}\n{{ body }}',
  },
}
