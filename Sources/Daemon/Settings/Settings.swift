import Protocol

/// Every setting of every process, validated: what `config.json` and the environment say together.
///
/// The initial values are the defaults; `SettingsTable` adds key, environment name, range and
/// reason to each. A value of this type is a plain value: processes hand it on, tests change it.
public struct Settings: Sendable, Equatable {
    public var webSocket = WebSocketSettings()
    public var fastCGI = FastCGISettings()
    public var hub = HubSettings()
    public var agent = AgentSettings()
    public var http = HTTPSettings()
    public var logging = LoggingSettings()

    /// The defaults.
    public init() {}
}

/// What a WebSocket worker grants its clients.
public struct WebSocketSettings: Sendable, Equatable {
    public var heartbeatInterval: Duration = .milliseconds(Limits.heartbeatIntervalMilliseconds)
    /// Longest silence of a client; always larger than `heartbeatInterval`.
    public var heartbeatTimeout: Duration = .milliseconds(Limits.heartbeatTimeoutMilliseconds)
    /// Largest inbound message, over all its fragments.
    public var maximumFrameBytes = Limits.maximumFrameBytes
    public var maximumSubscriptionsPerConnection = Limits.maximumSubscriptionsPerConnection
    public var maximumOutboundQueueBytes = Limits.maximumOutboundQueueBytes
    public var handshakeTimeout: Duration = .milliseconds(Limits.handshakeTimeoutMilliseconds)
    public var commandsPerSecond = Limits.commandsPerSecond
    public var commandBurst = Limits.commandBurst
    public var maximumConnections = 20_000
    public var maximumConnectionsPerPrincipal = 1_000
    public var maximumConnectionsPerAddress = 500
    /// Time from the signal to stop until the last client has been told to reconnect.
    public var drain: Duration = .milliseconds(8_000)

    public init() {}
}

/// What a FastCGI worker grants its requests.
public struct FastCGISettings: Sendable, Equatable {
    public var threads = 16
    public var maximumBodyBytes = Limits.maximumBodyBytes
    public var hubTimeout: Duration = .milliseconds(5_000)
    /// Threads that may wait for a password's verdict.
    public var signInThreads = 4

    public init() {}
}

/// How much the hub keeps, for how long, and for whom.
public struct HubSettings: Sendable, Equatable {
    public var historyCount = Limits.historyCount
    /// Per channel.
    public var historyBytes = 33_554_432
    public var historyTotalBytes = 17_179_869_184
    public var lowSpaceBytes = 536_870_912
    public var historyAge: Duration = .milliseconds(Limits.historyAgeMilliseconds)
    public var trimInterval: Duration = .milliseconds(10_000)
    /// Publications of one channel kept in memory.
    public var ringCount = 256
    public var ringBytes = 1_048_576
    /// Of all channels together.
    public var ringTotalBytes = 268_435_456
    public var deltaBatch: Duration = .milliseconds(Limits.deltaBatchMilliseconds)
    /// How long a permission request waits where its session says nothing; nil waits for ever.
    public var permissionTimeout: Duration? = .milliseconds(Limits.permissionTimeoutMilliseconds)
    public var loginLifetime: Duration = .milliseconds(2_592_000_000)
    public var loginFailuresPerAccount = 10
    public var loginFailuresPerAddress = 50
    /// Of a /64 or a /24.
    public var loginFailuresPerNetwork = 100
    public var loginFailureWindow: Duration = .milliseconds(900_000)
    public var maximumPeerQueueBytes = 67_108_864
    public var maximumTeams = 1_000
    public var maximumUsersPerTeam = 1_000
    public var maximumKeysPerTeam = 1_000
    public var maximumSessionsPerTeam = 10_000
    public var maximumSessionBytes = 33_554_432
    public var maximumTeamBytes = 8_589_934_592
    public var maximumOwnersPerTeam = 100_000
    public var maximumWorkspacesPerTeam = 1_000
    public var maximumReadsPerTeam = 16
    public var maximumPendingPermissionsPerSession = 32
    public var maximumRulesPerSession = 100
    public var maximumLoginsPerUser = 100
    public var maximumDevicesPerUser = 20
    /// Passwords hashed at once.
    public var signInThreads = 1
    /// Of agent workers at once, of all teams.
    public var maximumRuns = 1_000
    public var maximumRunsPerTeam = 200
    /// From an abort until the hub ends a run that its worker has not ended.
    public var abortTimeout: Duration = .milliseconds(10_000)
    public var configDebounce: Duration = .milliseconds(100)
    /// Commits survive a power cut (`synchronous=FULL`), not only the death of the process.
    public var synchronousFull = false

    public init() {}
}

/// What an agent worker takes on, and what it asks the model for.
///
/// Where the model is and who asks are no settings: `ANTHROPIC_BASE_URL` and a credential.
public struct AgentSettings: Sendable, Equatable {
    /// Runs at once in one worker.
    public var capacity = 100
    /// Of sessions that name none.
    public var model = "claude-sonnet-4-5"
    /// Tokens of one answer.
    public var maximumOutputTokens = 16_384
    /// Tokens that the model's context holds.
    public var contextTokens = 200_000
    /// Answers of the model in one run.
    public var maximumSteps = 200
    /// Longest silence of the model's endpoint within one attempt.
    public var modelIdle: Duration = .milliseconds(90_000)
    /// Longest time in which nothing but signs of life comes.
    public var modelProgress: Duration = .milliseconds(600_000)

    public init() {}
}

/// What both kinds of HTTP request, REST and handshake, are checked against.
public struct HTTPSettings: Sendable, Equatable {
    /// Origins allowed besides the request's own, each `scheme://host[:port]` in lower case.
    public var allowedOrigins: [String] = []

    public init() {}
}

/// What a process writes to standard error.
public struct LoggingSettings: Sendable, Equatable {
    public enum Level: String, Sendable, CaseIterable {
        case trace, debug, info, notice, warning, error, critical
    }

    public enum Format: String, Sendable, CaseIterable {
        case text, json
    }

    public var level = Level.info
    public var format = Format.text

    public init() {}
}
