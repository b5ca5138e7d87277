// The page of an application without a back end: it signs in by code and by link, on the host that it was served from.

const place = (id) => document.getElementById(id)
const cookie = (name) =>
  document.cookie
    .split('; ')
    .find((one) => one.startsWith(`${name}=`))
    ?.slice(name.length + 1)

/** Calls browser mode; fetches a CSRF token where there is none, and once more where it was refused. */
async function call(method, path, body) {
  for (let again = false; ; again = true) {
    if (again || cookie('__Host-XSRF-TOKEN') === undefined) await fetch('/v1/browser/csrf')
    const headers = { 'x-csrf-token': cookie('__Host-XSRF-TOKEN') ?? '' }
    if (body !== undefined) headers['content-type'] = 'application/json'
    const answer = await fetch(`/v1/browser/${path}`, { method, headers, body: JSON.stringify(body) })
    const { data, error } = await answer.json()
    if (error?.code === 'CSRF_FAILED' && !again) continue
    place('said').textContent = error?.code ?? 'ok'
    return data
  }
}

async function showWho() {
  const answer = await fetch('/v1/browser/session')
  const { data } = await answer.json()
  place('who').textContent = data?.user.email ?? 'nobody'
}

async function act(work) {
  const answer = await work()
  await showWho()
  return answer
}

let otpId

place('ask').addEventListener('submit', async (event) => {
  event.preventDefault()
  const email = event.target.elements.email.value
  if (event.submitter.value === 'link')
    return act(() => call('POST', 'magic-links', { email, redirect_url: `${location.origin}/` }))
  otpId = (await act(() => call('POST', 'otps', { channel: 'email', to: email })))?.id
})
place('code').addEventListener('submit', async (event) => {
  event.preventDefault()
  await act(() => call('POST', 'session', { otp_id: otpId, code: event.target.elements.code.value }))
})
place('refresh').addEventListener('click', () => act(() => call('POST', 'session/refresh')))
place('sign-out').addEventListener('click', () => act(() => call('DELETE', 'session')))

const token = new URLSearchParams(location.hash.slice(1)).get('postern_token')
// Out of the address bar and the history before anything else runs.
history.replaceState(null, '', location.pathname)
if (token === null) await showWho()
else await act(() => call('POST', 'session', { token }))
