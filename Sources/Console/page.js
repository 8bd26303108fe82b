// The fixed parts of the page, by their ids in index.html.

export const element = (id) => document.getElementById(id)
