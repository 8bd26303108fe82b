// A group of radio buttons: native ones, so that arrow keys and names come with them.

import { freshID, h } from './dom.js'

/** `choices`: [{value, name, hint?}]; `changed(value)` when somebody picks one. */
export function radios(label, choices, value, changed = () => {}) {
  const name = freshID('choice')
  const inputs = choices.map((choice) => h('input', {
    type: 'radio', name, value: choice.value, checked: choice.value === value,
    onchange: (event) => changed(event.target.value),
  }))
  const element = h('div', { class: 'radios', role: 'radiogroup', aria: { label } },
    choices.map((choice, index) => h('label', { title: choice.hint, data: { value: choice.value } },
      inputs[index], h('span', {}, choice.name))))
  return {
    element,
    get value() { return inputs.find((input) => input.checked)?.value },
    set value(next) { for (const input of inputs) input.checked = input.value === next },
    set disabled(state) { for (const input of inputs) input.disabled = state },
  }
}
