// The window's title, and the app's badge: how many questions wait, wherever one is.

import { element } from './page.js'
import { proseText } from './visible.js'

export class TitleBadge {
  #view = ''
  #count = 0

  constructor(desk) {
    this.end = desk.questions.watch((questions) => {
      this.#count = questions.size
      this.#show()
      // Installed apps only; a browser that refuses shows the title all the same.
      navigator.setAppBadge?.(this.#count).catch(() => {})
    })
    // The product's name comes with the theme, perhaps after the view.
    document.addEventListener('themechange', () => this.#show())
  }

  setView(title) {
    this.#view = title
    this.#show()
  }

  #show() {
    const badge = this.#count ? `(${this.#count}) ` : ''
    const words = [this.#view, element('name').textContent].filter(Boolean)
    document.title = badge + proseText(words.join(' · '))
  }
}
