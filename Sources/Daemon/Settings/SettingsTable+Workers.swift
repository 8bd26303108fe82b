import Protocol

extension SettingsTable {
    static let webSocket: [Setting] = [
        .milliseconds(
            "webSocket.heartbeatIntervalMs", "WS_HEARTBEAT_INTERVAL_MS",
            \.webSocket.heartbeatInterval, 100...300_000, .restart,
            "Below the shortest idle time-out of common routers and proxies, so that a quiet "
                + "connection is kept open; pings are spread over it."),
        .milliseconds(
            "webSocket.heartbeatTimeoutMs", "WS_HEARTBEAT_TIMEOUT_MS",
            \.webSocket.heartbeatTimeout, 200...900_000, .restart,
            "Two intervals: one lost ping is no reason to hang up, a dead peer is gone soon. "
                + "Must be larger than the interval."),
        .integer(
            "webSocket.maximumFrameBytes", "WS_MAX_FRAME_BYTES",
            \.webSocket.maximumFrameBytes, 1_024...1_048_576, unit: .bytes, .restart,
            "Commands are small; what a client may make the worker hold is bounded by it."),
        .integer(
            "webSocket.maximumSubscriptionsPerConnection", "WS_MAX_SUBSCRIPTIONS_PER_CONNECTION",
            \.webSocket.maximumSubscriptionsPerConnection, 1...10_000, .restart,
            "Bounds the memory and the fan-out that one connection can ask for."),
        .integer(
            "webSocket.maximumOutboundQueueBytes", "WS_MAX_OUTBOUND_QUEUE_BYTES",
            \.webSocket.maximumOutboundQueueBytes, 65_536...268_435_456, unit: .bytes, .restart,
            "A client that reads too slowly is closed with 4002 and resumes, instead of growing "
                + "the worker."),
        .milliseconds(
            "webSocket.handshakeTimeoutMs", "WS_HANDSHAKE_TIMEOUT_MS",
            \.webSocket.handshakeTimeout, 1_000...60_000, .restart,
            "Half-open connections that never finish their request are closed after it."),
        .integer(
            "webSocket.commandsPerSecond", "WS_COMMANDS_PER_SECOND",
            \.webSocket.commandsPerSecond, 1...100_000, unit: .perSecond, .restart,
            "A person's client sends a few; a broken one in a loop must not occupy the hub."),
        .integer(
            "webSocket.commandBurst", "WS_COMMAND_BURST",
            \.webSocket.commandBurst, 1...100_000, .restart,
            "Enough to subscribe to everything at once after a reconnect."),
        .integer(
            "webSocket.maximumConnections", "WS_MAX_CONNECTIONS",
            \.webSocket.maximumConnections, 1...1_000_000, .restart,
            "Connections of one worker: keep it below its limit of open files."),
        .integer(
            "webSocket.maximumConnectionsPerPrincipal", "WS_MAX_CONNECTIONS_PER_PRINCIPAL",
            \.webSocket.maximumConnectionsPerPrincipal, 1...1_000_000, .restart,
            "One leaked or runaway credential cannot take every place in a worker."),
        .integer(
            "webSocket.maximumConnectionsPerAddress", "WS_MAX_CONNECTIONS_PER_ADDRESS",
            \.webSocket.maximumConnectionsPerAddress, 1...1_000_000, .restart,
            "One machine, which may have a whole /64 of IPv6, cannot take every place in a worker; an "
                + "office behind one address fits."),
        .milliseconds(
            "webSocket.drainMs", "WS_DRAIN_MS", \.webSocket.drain, 0...9_500, .restart,
            "Spreads the reconnects of a restart; a process must have ended within 10 s."),
    ]

    static let fastCGI: [Setting] = [
        .integer(
            "fastCGI.threads", "FCGI_THREADS", \.fastCGI.threads, 1...512, .restart,
            "Requests answered at once; a connection takes a thread only once its request is whole."
        ),
        .integer(
            "fastCGI.maximumBodyBytes", "FCGI_MAX_BODY_BYTES",
            \.fastCGI.maximumBodyBytes, 1_024...67_108_864, unit: .bytes, .restart,
            "Bodies that arrive at once take at most 256 MiB, or this for twice the threads; nginx has"
                + " the same limit."),
        .milliseconds(
            "fastCGI.hubTimeoutMs", "FCGI_HUB_TIMEOUT_MS",
            \.fastCGI.hubTimeout, 100...60_000, .restart,
            "A request whose hub does not answer ends in 503 and gives its thread back."),
        .integer(
            "fastCGI.signInThreads", "FCGI_SIGN_IN_THREADS",
            \.fastCGI.signInThreads, 1...512, .restart,
            "Of the threads, those that may wait for a password at once, half of them at most: the "
                + "others keep answering. Two more are kept for devices that are known."),
    ]

    static let agent: [Setting] = [
        .integer(
            "agent.capacity", "AGENT_CAPACITY", \.agent.capacity,
            1...AgentReadiness.maximumCapacity, .restart,
            "Runs at once in one worker: each takes up to 2 MB, and its tools what they need."),
        .other(
            "agent.model", "AGENT_MODEL", .name(\.agent.model, maximumBytes: 128), .restart,
            "The model of sessions that name none."),
        .integer(
            "agent.maximumOutputTokens", "AGENT_MAX_OUTPUT_TOKENS",
            \.agent.maximumOutputTokens, 256...1_000_000, .restart,
            "Of one answer: a file of a thousand lines fits, an answer without end does not."),
        .integer(
            "agent.contextTokens", "AGENT_CONTEXT_TOKENS",
            \.agent.contextTokens, 10_000...10_000_000, .restart,
            "What the model's context holds; at 85 % of it older turns are summarised."),
        .integer(
            "agent.maximumSteps", "AGENT_MAX_STEPS", \.agent.maximumSteps, 1...10_000, .restart,
            "Answers of the model in one run: a loop that gets nowhere ends, and can be told to go "
                + "on."),
        .milliseconds(
            "agent.modelIdleMs", "AGENT_MODEL_IDLE_MS", \.agent.modelIdle, 1_000...3_600_000,
            .restart,
            "A stream on which nothing moves for so long is dead and is tried again; a live one "
                + "says ping more often."),
        .milliseconds(
            "agent.modelProgressMs", "AGENT_MODEL_PROGRESS_MS",
            \.agent.modelProgress, 1_000...3_600_000, .restart,
            "So is one on which nothing but signs of life comes for so long; a model thinks for "
                + "minutes at most."),
    ]

    static let http: [Setting] = [
        .other(
            "http.allowedOrigins", "SWITCHBOARD_ALLOWED_ORIGINS",
            .origins(\.http.allowedOrigins, maximumCount: 100), .restart,
            "Pages of other origins that may use a visitor's cookie; the own origin always may.")
    ]

    static let logging: [Setting] = [
        .other(
            "logging.level", "SWITCHBOARD_LOG_LEVEL", .level, .restart,
            "Everything from this level up is written; info is quiet in normal operation."),
        .other(
            "logging.format", "SWITCHBOARD_LOG_FORMAT", .format, .restart,
            "Text for people and the journal, json for collectors: one line an event in both."),
    ]
}
