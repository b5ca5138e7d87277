// The built-in messages in French. The SMS keeps to the accents that SMS has: é, è, à, ù.

import type { Words } from './words.ts'

const MINUTES = '{{ minutes }} {% if minutes == 1 %}minute{% else %}minutes{% endif %}'

export const french: Words = {
  language: 'fr',
  magicLink: {
    title: 'Se connecter à {{ tenant_name }}',
    button: 'Se connecter',
    openThis: 'Ouvrez ce lien pour vous connecter :',
    works: `Il fonctionne une seule fois, jusqu’à ${MINUTES} après son envoi.`,
    buttonWorks: `Le bouton fonctionne une seule fois, jusqu’à ${MINUTES} après l’envoi.`,
    copyThis: 'Si le bouton ne fait rien, copiez cette adresse dans votre navigateur :',
    notForOthers:
      'Ne transférez pas ce message et ne le montrez à personne : qui possède le lien peut se connecter à votre place. {{ tenant_name }} ne vous le demandera jamais.',
    notYou: 'Vous n’avez rien demandé ? Alors ne faites rien. Sans le lien, personne ne peut se connecter.',
  },
  otp: {
    title: 'Votre code pour {{ tenant_name }}',
    works: `Saisissez-le là où il vous a été demandé. Il fonctionne une seule fois, jusqu’à ${MINUTES} après son envoi.`,
    notForOthers:
      'Ne donnez ce code à personne : qui le possède peut se faire passer pour vous. Personne de {{ tenant_name }} ne vous appellera ni ne vous écrira pour vous le demander.',
    notYou: 'Vous n’avez rien demandé ? Alors ne faites rien. Sans le code, il ne se passe rien.',
  },
  otpSms: '{{ code }} est votre code pour {{ tenant_name }}. Ne le donnez à personne.',
  notice: {
    from: 'Ce message vous a été envoyé par {{ tenant_name }}.',
    sms: '{{ tenant_name }} : {{ title }}\n{{ body }}',
  },
}
