// The server's words and what people read instead. Words of others are keys of a Map, never of an
// object, which has words of its own: `constructor`, `__proto__`.

export const STATUSES = new Map([
  ['waiting', 'Waiting for you'],
  ['running', 'Running'],
  ['failed', 'Failed'],
  ['interrupted', 'Interrupted'],
  ['idle', 'Idle'],
])

export const MODES = new Map([
  ['safe', { name: 'Explore', hint: 'Reads only: nothing can be written' }],
  ['ask', { name: 'Ask', hint: 'Asks before it writes or runs' }],
  ['allow-all', { name: 'Allow all', hint: 'Asks nothing, stays in its sandbox' }],
])

/** A newer server's mode has the server's name. */
export const modeOf = (mode) => MODES.get(mode) ?? { name: mode, hint: '' }

export const INTERRUPTIONS = new Map([
  ['aborted', 'Stopped'],
  ['agent_lost', 'Interrupted: the agent was lost. Send a message to go on.'],
])

export const SCOPES = {
  'publish': "publish domain and application events on the team's channels; read nothing",
  'channels:read': 'read the channels of the team, its specs and its agents: subscribe, history',
  'sessions:read': 'read sessions: list, transcripts, channels, questions, rules; list specs, agents and workspaces',
  'sessions:write': 'make, change and end sessions, send messages, stop runs, record specs and agents',
  'sessions:run': 'run sessions as an agent outside: publish their events, ask questions, and read the channels of the sessions that the key runs',
  'permissions:respond': 'answer the questions of agents',
  'admin': 'manage the team: keys, people, workspaces; read the measurements of /metrics',
}

export const titleOf = (session) => session?.name || 'Untitled session'
