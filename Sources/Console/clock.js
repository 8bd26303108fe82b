// One timer for everything on the page that shows passing time.

const tasks = new Set()
let timer = null

/** Calls now and every second, until the returned function is called. */
export function everySecond(task) {
  tasks.add(task)
  timer ??= setInterval(() => { for (const each of tasks) each() }, 1_000)
  task()
  return () => {
    tasks.delete(task)
    if (tasks.size) return
    clearInterval(timer)
    timer = null
  }
}
