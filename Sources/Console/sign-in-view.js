// The entrance.

import { field, h } from './dom.js'
import { dismissNotices, showNotice } from './notices.js'
import * as rest from './rest.js'

/** `enter()` is called once the server has taken the password. */
export function signInView(enter) {
  const user = h('input', {
    name: 'user', autocomplete: 'username', autocapitalize: 'none', spellcheck: 'false', required: true,
  })
  const password = h('input', {
    name: 'password', type: 'password', autocomplete: 'current-password', required: true,
  })
  const submit = h('button', { class: 'primary' }, 'Sign in')
  const form = h('form', { class: 'card entrance' },
    h('h1', {}, 'Sign in'), field('User', user), field('Password', password), submit)
  form.addEventListener('submit', async (event) => {
    event.preventDefault()
    dismissNotices()
    submit.disabled = true
    try {
      await rest.signIn(user.value, password.value)
      password.value = ''
      await enter()
    } catch (error) {
      submit.disabled = false
      showNotice(`Signing in failed: ${error.message}`)
      password.focus()
    }
  })
  return form
}
