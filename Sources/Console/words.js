// The server's words and what people read instead.

export const STATUSES = {
  waiting: 'Waiting for you',
  running: 'Running',
  failed: 'Failed',
  interrupted: 'Interrupted',
  idle: 'Idle',
}

export const MODES = {
  safe: { name: 'Explore', hint: 'Reads only: nothing can be written' },
  ask: { name: 'Ask', hint: 'Asks before it writes or runs' },
  'allow-all': { name: 'Allow all', hint: 'Asks nothing, stays in its sandbox' },
}

export const INTERRUPTIONS = {
  aborted: 'Stopped',
  agent_lost: 'Interrupted: the agent was lost. Send a message to go on.',
}

export const SCOPES = ['publish', 'sessions:read', 'sessions:write', 'sessions:run',
  'permissions:respond', 'admin']

export const titleOf = (session) => session?.name || 'Untitled session'
