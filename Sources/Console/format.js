// Numbers and times as people read them.

/** `0.4 s`, `12 s`, `3 min 5 s`, `1 h 2 min`. */
export function duration(milliseconds) {
  if (milliseconds < 10_000) return `${(Math.max(0, milliseconds) / 1000).toFixed(1)} s`
  const seconds = Math.round(milliseconds / 1000)
  if (seconds < 60) return `${seconds} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return seconds % 60 ? `${minutes} min ${seconds % 60} s` : `${minutes} min`
  return minutes % 60 ? `${Math.floor(minutes / 60)} h ${minutes % 60} min` : `${minutes / 60} h`
}

/** `0:42`, or `1:02:03` from an hour on. */
export function countdown(milliseconds) {
  const seconds = Math.max(0, Math.ceil(milliseconds / 1000))
  const two = (number) => String(number).padStart(2, '0')
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60]
  return hours ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`
}

/** `950`, `12.4k`, `1.2M`. */
export function count(number) {
  if (number < 1000) return String(number)
  const [value, unit] = number < 999_950 ? [number / 1000, 'k'] : [number / 1e6, 'M']
  return `${value < 100 ? value.toFixed(1).replace(/\.0$/, '') : Math.round(value)}${unit}`
}

/** How long ago: `now`, `5 min`, `3 h`, `yesterday`, else the date. */
export function ago(time, now) {
  const seconds = (now - Date.parse(time)) / 1000
  if (seconds < 60) return 'now'
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h`
  if (seconds < 172_800) return 'yesterday'
  return new Date(time).toLocaleDateString(undefined, { month: 'short', day: 'numeric' })
}

export const clockTime = (time, options = { hour: '2-digit', minute: '2-digit' }) =>
  new Date(time).toLocaleTimeString(undefined, { hour12: false, ...options })

export const plural = (number, one, many = `${one}s`) => `${number} ${number === 1 ? one : many}`
