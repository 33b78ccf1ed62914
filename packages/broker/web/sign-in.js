/** Asks for user name and password, which stay in this page's memory. Fulfilled when both were given. */
export function askWhoYouAre(message) {
  const dialog = document.createElement('dialog')
  dialog.className = 'panel'
  dialog.setAttribute('aria-labelledby', 'sign-in-title')
  const form = document.createElement('form')
  const title = document.createElement('h1')
  title.id = 'sign-in-title'
  title.textContent = 'Sign in'
  const hint = document.createElement('p')
  hint.className = 'hint'
  hint.textContent = 'This broker wants to know who you are.'
  const login = field('sign-in-name', 'User name', 'username', 'text')
  const passcode = field('sign-in-password', 'Password', 'current-password', 'password')
  const error = document.createElement('p')
  error.className = 'error'
  error.setAttribute('role', 'alert')
  error.textContent = message
  const button = document.createElement('button')
  button.className = 'primary'
  button.textContent = 'Sign in'
  form.append(title, hint, ...login, ...passcode, error, button)
  dialog.append(form)
  document.body.append(dialog)
  // Without an answer there is nothing the page could do.
  dialog.addEventListener('cancel', (event) => event.preventDefault())
  dialog.showModal()
  return new Promise((resolve) => {
    form.addEventListener('submit', (event) => {
      event.preventDefault()
      const answer = { login: login[1].value, passcode: passcode[1].value }
      dialog.remove()
      resolve(answer)
    })
  })
}

function field(id, text, autocomplete, type) {
  const label = document.createElement('label')
  label.htmlFor = id
  label.textContent = text
  const input = document.createElement('input')
  Object.assign(input, { id, type, autocomplete, required: true })
  return [label, input]
}
