// A modal dialog: the browser keeps the focus inside, closes on Escape, and gives the focus back.

import { button, freshID, h, setText } from './dom.js'

/**
 * Opens a dialog with a form. `submit(form)` may return a promise; the dialog closes when it resolves
 * and shows what it rejects with. `action` is the submitting button's text, or null for none.
 */
export function openDialog({ title, body, action, submit, isDangerous = false, cancel = 'Cancel' }) {
  const id = freshID('dialog')
  const problem = h('p', { class: 'problem', role: 'alert' })
  const go = action && h('button', { class: isDangerous ? 'deny' : 'primary' }, action)
  const form = h('form', { method: 'dialog' },
    h('h2', { id }, title), body, problem,
    h('div', { class: 'dialog-actions' },
      button(cancel, () => dialog.close(), { class: 'quiet' }), go))
  const dialog = h('dialog', { aria: { labelledby: id } }, form)
  form.addEventListener('submit', async (event) => {
    event.preventDefault()
    if (!submit) return dialog.close()
    go.disabled = true
    setText(problem, '')
    try {
      await submit(form)
      dialog.close()
    } catch (error) {
      setText(problem, error.message)
    } finally {
      go.disabled = false
    }
  })
  dialog.addEventListener('close', () => dialog.remove())
  dialog.addEventListener('click', (event) => { if (event.target === dialog) dialog.close() })
  document.body.append(dialog)
  dialog.showModal()
  return dialog
}
