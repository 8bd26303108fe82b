/** Switchboard's realtime client: plain ES modules for browsers, Node, Electron and React Native. */

/** A place in a channel's stream: offsets count up by one within an epoch. */
export interface StreamPosition {
  epoch: string
  offset: number
}

/** `connecting` until the first success since `connect()`, `reconnecting` after a later loss. */
export type ConnectionState = 'connecting' | 'connected' | 'reconnecting' | 'disconnected'

/** Why the state is what it is. */
export type StateReason =
  /** `disconnect()` was called. */
  | 'requested'
  /** 4101: the credential has expired or was revoked; sign in, then `connect()` again. */
  | 'signed_out'
  /** 4103 and other 41xx: this client must not come back by itself. */
  | 'forbidden'
  /** The handshake was refused, and the server refuses the credential over REST too. */
  | 'refused'
  /** A connection that was open ended; retried. */
  | 'lost'
  /** The handshake failed; retried. */
  | 'unreachable'
  /** The server (or `getToken`) did not answer in time; retried. */
  | 'timeout'
  /** `getToken` failed; retried. */
  | 'token_unavailable'

/** A change of state, or another attempt that failed without changing it. */
export interface StateEvent {
  state: ConnectionState
  previous: ConnectionState
  reason?: StateReason
  /** The WebSocket close code, where there was one; 1006 is a lost network. */
  code?: number
  message?: string
  /** When the next attempt begins, if the world does not change before. */
  retryInMs?: number
  /** The number of that attempt since the last stable connection. */
  attempt?: number
}

/** What went wrong without ending anything. */
export interface ErrorEvent {
  /**
   * `TOKEN_UNAVAILABLE`, `SOCKET_FAILED` (it threw), `PROTOCOL_ERROR` (closed with 1002, 1007 or 1009),
   * `INVALID_MESSAGE`, `GAP_DETECTED` (mended by itself), `HANDLER_FAILED`; or the server's code.
   */
  code: string
  message: string
  channel?: string
  closeCode?: number
  /** What was thrown, where something was. */
  cause?: unknown
}

/** A message as the server sent it; `offset` on every publication of a channel. */
export interface ServerMessage {
  type: string
  timestamp: string
  eventId: string
  encoding: 'json'
  channel?: string
  offset?: number
  id?: string
  payload?: any
  /** The flat fields of session events. */
  [field: string]: any
}

/**
 * The channel is joined. A handler hears it before any publication: once for each connection, again
 * after an `error`, and whenever it has a gap.
 */
export interface SubscribedMessage extends ServerMessage {
  type: 'subscribed'
  channel: string
  payload: {
    channel: string
    epoch: string
    /** The stream's end at the moment of joining; a `snapshot` shows the state there. */
    offset: number
    recovered: boolean
    snapshot?: any
  }
  /**
   * Whether publications were missed for good: read again over REST, or begin from `snapshot`. When
   * false, a handler that had a position gets what it missed next, so it leaves `snapshot` alone.
   */
  gap: boolean
}

/** The server refused the channel, or ended the subscription. */
export interface ChannelErrorMessage extends ServerMessage {
  type: 'error'
  payload: { code: string, message: string }
  /** True: asked again with back-off. False: asked again after the next reconnect. */
  willRetry: boolean
}

/**
 * What a handler gets: `SubscribedMessage`, `ChannelErrorMessage` (no `offset`), and publications
 * (with `offset`; a session's own event of type `error` is one of those).
 */
export type ChannelMessage = SubscribedMessage | ChannelErrorMessage | ServerMessage

export interface Subscription {
  readonly channel: string
  /** After the last publication given to the handler; undefined before the channel was joined. */
  readonly position: StreamPosition | undefined
  /** The handler gets nothing from here on; the last one of a channel leaves it. */
  dispose(): void
}

export interface SubscribeOptions {
  /** Begin behind this position, for example one from an earlier visit; default: from now on. */
  since?: StreamPosition
  /** Whether to resume after a reconnect (default), or to begin from what is then now. */
  recover?: boolean
}

export interface PermissionAnswer {
  sessionId: string
  requestId: string
  allowed: boolean
  alwaysAllow?: boolean
}

/** How the question ended. */
export type PermissionOutcome =
  /** Perhaps by somebody else's answer, which came first: look at `resolvedBy` and `allowed`. */
  | { outcome: 'resolved', allowed: boolean, alwaysAllow: boolean, resolvedBy: string }
  | { outcome: 'timeout' }
  /** It had ended before this answer, or this answer's acknowledgement was missed. */
  | { outcome: 'already_resolved' }
  | { outcome: 'not_found' }

/**
 * What promises of the client are rejected with.
 *
 * `code`: `NOT_CONNECTED` (ping), `DISCONNECTED` (the client was told to stop, or has to),
 * `OUTBOX_FULL`, or the server's code.
 */
export class RealtimeError extends Error {
  constructor(error: { code: string, message?: string })
  readonly code: string
}

/** The part of a WebSocket that the client uses; Node's `ws` has it too. */
export interface SocketLike {
  onopen: any
  onmessage: any
  onclose: any
  onerror: any
  send(text: string): void
  close(code?: number): void
}

export interface Clock {
  /** Milliseconds from any origin, never backwards. */
  now(): number
  setTimeout(action: () => void, delayMs: number): unknown
  clearTimeout(timer: any): void
}

/** `EventTarget`, or a small object around React Native's NetInfo and AppState. */
export interface EnvironmentLike {
  addEventListener(
    type: 'online' | 'offline' | 'pageshow' | 'visibilitychange', listener: () => void): void
  removeEventListener(
    type: 'online' | 'offline' | 'pageshow' | 'visibilitychange', listener: () => void): void
  /** Looked at on `visibilitychange`; anything but 'hidden' counts as visible. */
  visibilityState?: string
}

export interface RealtimeClientOptions {
  /** `wss://host/ws`; in a page also a path, `/ws`. */
  url: string
  /** Sent as the subprotocol offer `bearer.<token>`; without one, cookies speak. */
  token?: string
  /** Called before each attempt instead of `token`; a failure is retried with back-off. */
  getToken?: () => string | undefined | Promise<string | undefined>
  /** Needed where there is no global `WebSocket`. */
  createSocket?: (url: string, protocols: string[]) => SocketLike
  /** A number from 0 up to 1; for tests. */
  random?: () => number
  /** For tests. */
  clock?: Clock
  /** Default: 250 and 10,000. */
  backoff?: { firstMs?: number, maximumMs?: number }
  /**
   * Asked after a handshake failed, as a browser hides why: 'refused' ends the attempts. Default: GET
   * `/api/auth/me` of the same host, where `fetch` exists; 401 and 403 are a refusal.
   */
  checkCredential?: (
    attempt: { url: string, token?: string }) => 'refused' | 'unknown' | Promise<'refused' | 'unknown'>
  /** Default: the page's own events, where there is a page. */
  environment?: EnvironmentLike
}

export interface RealtimeEvents {
  connecting: StateEvent
  connected: StateEvent
  reconnecting: StateEvent
  disconnected: StateEvent
  /** Every one of the four above. */
  state: StateEvent
  error: ErrorEvent
  /** Everything that came in, as it came, also what no handler asked for (`config_changed`). */
  message: ServerMessage
}

/** A connection that is kept up, and what goes over it. */
export interface RealtimeClient {
  readonly state: ConnectionState
  /**
   * Begins, or begins again after `disconnected`; subscriptions resume from their positions. While
   * the next attempt is waited for, it is made now.
   */
  connect(): void
  /** Closes and stays closed; subscriptions are kept, unacknowledged answers are rejected. */
  disconnect(): void
  /**
   * One more handler of a channel, connected or not. Each gets every publication after its own
   * position once and in order, also across reconnects, or is told `gap: true`.
   *
   * What a handler throws becomes an `error` event `HANDLER_FAILED`, and starves nobody.
   */
  subscribe(
    channel: string | { sessionId: string }, handler: (message: ChannelMessage) => void,
    options?: SubscribeOptions): Subscription
  /** Disposes of all handlers of a channel. */
  unsubscribe(channel: string | { sessionId: string }): void
  /** The round trip in milliseconds; rejected with `NOT_CONNECTED` when offline and on loss. */
  ping(): Promise<number>
  /**
   * Answers a permission question: kept and sent again until the server acknowledges it, over any
   * number of reconnects. The same request twice is the same promise, and the first answer.
   */
  respondToPermission(answer: PermissionAnswer): Promise<PermissionOutcome>
  /** Listens to an event; returns how to stop. */
  on<Name extends keyof RealtimeEvents>(
    event: Name, listener: (event: RealtimeEvents[Name]) => void): () => void
}

/** A client for one server; it does nothing before `connect()`. */
export function createRealtimeClient(options: RealtimeClientOptions): RealtimeClient

export interface RealtimeBootstrapOptions {
  /** A feature flag, or what looks it up; default: true. */
  isEnabled?: boolean | (() => boolean | Promise<boolean>)
  /** For `createRealtimeClient`. */
  options?: RealtimeClientOptions
  /** Instead of `options`: makes the client itself. */
  create?: () => RealtimeClient | Promise<RealtimeClient>
  /** Hears of each start that failed, once. */
  onError?: (error: unknown) => void
}

export interface RealtimeBootstrap {
  /** The one client, while there is one. */
  readonly client: RealtimeClient | null
  /**
   * Makes and connects the one client. Never rejects: null when it is switched off, stopped
   * meanwhile, or failed; a later call tries again.
   */
  start(): Promise<RealtimeClient | null>
  /** Disconnects it; a later start makes a new one. */
  stop(): void
}

/** One shared client for an app that must run with it, without it, and while it fails. */
export function createRealtimeBootstrap(options: RealtimeBootstrapOptions): RealtimeBootstrap

/** What a client must do after a close code. */
export type Duty =
  'reconnectIfWanted' | 'reconnectSoon' | 'reconnectWithBackoff' | 'signInFirst' | 'doNotReconnect'

/** The known close codes' duties. */
export const DUTIES: Readonly<Record<number, Duty>>

/** The duty of any close code, also of an unknown one. */
export function duty(code: number): Duty

/** The client's numbers, in milliseconds and counts. */
export const POLICY: Readonly<{
  backoffFirstMs: number
  backoffMaximumMs: number
  soonMs: number
  soonAttempts: number
  stableMs: number
  connectTimeoutMs: number
  heartbeatIntervalMs: number
  patienceMs: number
  subscribeTimeoutMs: number
  spreadMs: number
  maximumAnswers: number
  commandBurst: number
  commandsPerSecond: number
}>
