// Reads the token from the fragment, which no server and no scanner sees, and waits for a person's click.

const at = (id) => document.getElementById(id)
const OVER = {
  TOKEN_USED: ['This link was used already', 'If you are not signed in, ask for a new one.'],
  TOKEN_EXPIRED: ['This link has expired', 'Ask for a new one; it stays good for a few minutes.'],
  TOKEN_SUPERSEDED: ['There is a newer link', 'Please use the one in the latest message.'],
  INVALID_TOKEN: [
    'This link does not work',
    'It may have been cut off. Copy the whole link, or ask for a new one.',
  ],
}
const AWAY = ['We could not check your link', 'Please reload this page in a moment.']

function show([title, text]) {
  document.title = title
  at('title').textContent = title
  at('text').textContent = text
}

function offer({ tenant_name, redirect_url }, token) {
  show([`Continue to ${tenant_name}`, 'Press the button to go on. The link works once.'])
  at('hint').textContent = `You will go to ${new URL(redirect_url).host}.`
  at('hint').hidden = false
  const go = at('go')
  go.hidden = false
  go.addEventListener('click', () => location.replace(`${redirect_url}#postern_token=${token}`), {
    once: true,
  })
}

// It stays in the address until the click replaces this page, so that a reload can try again.
const token = location.hash.slice(1)

// Another link that is pasted into this tab differs in the fragment alone, and would not load the page anew.
addEventListener('hashchange', () => location.reload())

if (token === '') show(OVER.INVALID_TOKEN)
else {
  try {
    const answer = await fetch('/l/resolve', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ token }),
      cache: 'no-store',
      credentials: 'omit',
    })
    const { data, error } = await answer.json()
    if (data) offer(data, token)
    else show(OVER[error.code] ?? AWAY)
  } catch {
    show(AWAY)
  }
}
