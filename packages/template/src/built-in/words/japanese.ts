// The built-in messages in Japanese. An SMS in it holds 70 characters, so it says little.

import type { Words } from './words.ts'

export const japanese: Words = {
  language: 'ja',
  magicLink: {
    title: '{{ tenant_name }} へのログイン',
    button: 'ログイン',
    openThis: 'ログインするには、次のリンクを開いてください。',
    works: 'リンクは 1 回だけ、送信から {{ minutes }} 分間使えます。',
    buttonWorks: 'ボタンは 1 回だけ、送信から {{ minutes }} 分間使えます。',
    copyThis: 'ボタンが動かないときは、次のアドレスをブラウザに貼り付けてください。',
    notForOthers:
      'このメールを転送したり、ほかの人に見せたりしないでください。リンクを持つ人は、あなたとしてログインできます。{{ tenant_name }} がリンクをお尋ねすることはありません。',
    notYou: 'お心当たりがない場合は、何もしないでください。リンクがなければ、だれもログインできません。',
  },
  otp: {
    title: '{{ tenant_name }} の確認コード',
    works: 'コードを求められた画面に入力してください。1 回だけ、送信から {{ minutes }} 分間使えます。',
    notForOthers:
      'このコードをほかの人に教えないでください。コードを知る人は、あなたになりすませます。{{ tenant_name }} が電話やメールでコードをお尋ねすることはありません。',
    notYou: 'お心当たりがない場合は、何もしないでください。コードがなければ、何も起こりません。',
  },
  otpSms: '{{ tenant_name }} の確認コード {{ code }} を人に教えないでください。',
  notice: {
    from: 'このメッセージは {{ tenant_name }} からお送りしました。',
    sms: '{{ tenant_name }}：{{ title }}\n{{ body }}',
  },
}
