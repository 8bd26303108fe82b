extension SettingsTable {
    /// What the hub keeps and for how long.
    static let hub: [Setting] = [
        .integer(
            "hub.historyCount", "HUB_HISTORY_COUNT", \.hub.historyCount, 1...10_000_000, .live,
            "Publications kept per channel: hours of absence for a busy session."),
        .integer(
            "hub.historyBytes", "HUB_HISTORY_BYTES",
            \.hub.historyBytes, 65_536...17_179_869_184, unit: .bytes, .live,
            "Bytes kept per channel, so that large publications cannot fill the disk."),
        .integer(
            "hub.historyTotalBytes", "HUB_HISTORY_TOTAL_BYTES",
            \.hub.historyTotalBytes, 1_048_576...17_592_186_044_416, unit: .bytes, .live,
            "Of all channels: over it the largest histories are cut to an even share, so that many "
                + "channels cannot fill the disk."),
        .integer(
            "hub.lowSpaceBytes", "HUB_LOW_SPACE_BYTES",
            \.hub.lowSpaceBytes, 0...17_592_186_044_416, unit: .bytes, .live,
            "Less room than this on the database's disk is logged: hours before a busy hub fills it."
        ),
        .milliseconds(
            "hub.historyAgeMs", "HUB_HISTORY_AGE_MS",
            \.hub.historyAge, 1_000...31_536_000_000, .live,
            "A day: a laptop closed overnight resumes without reading everything again."),
        .milliseconds(
            "hub.trimIntervalMs", "HUB_TRIM_INTERVAL_MS",
            \.hub.trimInterval, 100...3_600_000, .live,
            "How often history beyond its limits is removed, away from the loop."),
        .integer(
            "hub.ringCount", "HUB_RING_COUNT", \.hub.ringCount, 1...65_536, .restart,
            "Publications per channel in memory: answers the short reconnects without the store."),
        .integer(
            "hub.ringBytes", "HUB_RING_BYTES",
            \.hub.ringBytes, 4_096...268_435_456, unit: .bytes, .restart,
            "Bounds the memory of one channel whatever the size of its publications."),
        .integer(
            "hub.ringTotalBytes", "HUB_RING_TOTAL_BYTES",
            \.hub.ringTotalBytes, 1_048_576...68_719_476_736, unit: .bytes, .restart,
            "Bounds the memory of all rings; over it the channels used least recently read the "
                + "store."),
        .milliseconds(
            "hub.deltaBatchMs", "HUB_DELTA_BATCH_MS", \.hub.deltaBatch, 0...1_000, .live,
            "Text that arrives within it is sent as one: below what a reader notices."),
        .other(
            "hub.permissionTimeoutMs", "HUB_PERMISSION_TIMEOUT_MS",
            .optionalMilliseconds(\.hub.permissionTimeout, 100...604_800_000),
            unit: .milliseconds, .live,
            "An unanswered question is a denial, so that an agent does not wait for nobody."),
        .milliseconds(
            "hub.loginLifetimeMs", "HUB_LOGIN_LIFETIME_MS",
            \.hub.loginLifetime, 60_000...31_536_000_000, .live,
            "Thirty days: a person signs in once a month on each device."),
        .integer(
            "hub.loginFailuresPerAccount", "HUB_LOGIN_FAILURES_PER_ACCOUNT",
            \.hub.loginFailuresPerAccount, 1...10_000, .live,
            "Guessing one person's password ends after these within the window."),
        .integer(
            "hub.loginFailuresPerAddress", "HUB_LOGIN_FAILURES_PER_ADDRESS",
            \.hub.loginFailuresPerAddress, 1...100_000, .live,
            "Guessing over many accounts from one address ends after these within the window."),
        .integer(
            "hub.loginFailuresPerNetwork", "HUB_LOGIN_FAILURES_PER_NETWORK",
            \.hub.loginFailuresPerNetwork, 1...100_000, .live,
            "The same for a /64 of IPv6, which one machine has whole, and a /24 of IPv4."),
        .milliseconds(
            "hub.loginFailureWindowMs", "HUB_LOGIN_FAILURE_WINDOW_MS",
            \.hub.loginFailureWindow, 1_000...86_400_000, .live,
            "How long failures count; also how long a locked-out person waits at most."),
        .integer(
            "hub.signInThreads", "HUB_SIGN_IN_THREADS", \.hub.signInThreads, 1...64, .restart,
            "Passwords hashed at once: each takes a core for 100 ms and 64 MiB."),
        .milliseconds(
            "hub.configDebounceMs", "HUB_CONFIG_DEBOUNCE_MS",
            \.hub.configDebounce, 10...900, .live,
            "An editor's several writes are one edit; announced within 1 s all the same."),
        .milliseconds(
            "hub.abortTimeoutMs", "HUB_ABORT_TIMEOUT_MS",
            \.hub.abortTimeout, 100...600_000, .live,
            "Long enough for a worker to end a tool's processes; then the run ends without it."),
        .other(
            "hub.synchronousFull", "HUB_SYNCHRONOUS_FULL", .boolean(\.hub.synchronousFull),
            .restart,
            "Off: a commit survives the death of the process. On: also a power cut, at some forty "
                + "times the cost of a commit."),
    ]

    /// How much of each thing there may be.
    static let hubLimits: [Setting] = [
        .integer(
            "hub.maximumPeerQueueBytes", "HUB_MAX_PEER_QUEUE_BYTES",
            \.hub.maximumPeerQueueBytes, 1_048_576...4_294_967_296, unit: .bytes, .restart,
            "A worker that stops reading is cut off at it and reconnects, instead of growing the "
                + "hub."),
        .integer(
            "hub.maximumTeams", "HUB_MAX_TEAMS", \.hub.maximumTeams, 1...1_000_000, .live,
            "The table of credentials, which every worker holds, is bounded by teams and keys."),
        .integer(
            "hub.maximumUsersPerTeam", "HUB_MAX_USERS_PER_TEAM",
            \.hub.maximumUsersPerTeam, 1...1_000_000, .live,
            "Bounds a table that administrators of a team can grow."),
        .integer(
            "hub.maximumKeysPerTeam", "HUB_MAX_KEYS_PER_TEAM",
            \.hub.maximumKeysPerTeam, 1...100_000, .live,
            "Every key is held in memory by every worker."),
        .integer(
            "hub.maximumSessionsPerTeam", "HUB_MAX_SESSIONS_PER_TEAM",
            \.hub.maximumSessionsPerTeam, 1...10_000_000, .live,
            "A script that creates sessions in a loop meets an answer, not a full disk."),
        .integer(
            "hub.maximumSessionBytes", "HUB_MAX_SESSION_BYTES",
            \.hub.maximumSessionBytes, 1_048_576...1_073_741_824, unit: .bytes, .live,
            "Of a session's messages: over it the oldest tool results lose their text, then the oldest "
                + "messages go, and say so."),
        .integer(
            "hub.maximumTeamBytes", "HUB_MAX_TEAM_BYTES",
            \.hub.maximumTeamBytes, 1_048_576...1_099_511_627_776, unit: .bytes, .live,
            "Of all sessions of a team: over it nothing new is taken until some are deleted, so that "
                + "one team does not fill the disk."),
        .integer(
            "hub.maximumOwnersPerTeam", "HUB_MAX_OWNERS_PER_TEAM",
            \.hub.maximumOwnersPerTeam, 1...10_000_000, .live,
            "Specs and agents on record per team: channels are authorised against them."),
        .integer(
            "hub.maximumWorkspacesPerTeam", "HUB_MAX_WORKSPACES_PER_TEAM",
            \.hub.maximumWorkspacesPerTeam, 1...1_000_000, .live,
            "Bounds a table that members of a team can grow."),
        .integer(
            "hub.maximumReadsPerTeam", "HUB_MAX_READS_PER_TEAM",
            \.hub.maximumReadsPerTeam, 1...256, .live,
            "Lists that may wait to be read for one team; turns go round over the teams."),
        .integer(
            "hub.maximumPendingPermissionsPerSession", "HUB_MAX_PENDING_PERMISSIONS_PER_SESSION",
            \.hub.maximumPendingPermissionsPerSession, 1...1_000, .live,
            "A snapshot carries them as far as it has room; nobody answers more."),
        .integer(
            "hub.maximumRulesPerSession", "HUB_MAX_RULES_PER_SESSION",
            \.hub.maximumRulesPerSession, 1...500, .live,
            "Every permission request is compared with each of them, and a worker is sent them all in "
                + "one message."),
        .integer(
            "hub.maximumLoginsPerUser", "HUB_MAX_LOGINS_PER_USER",
            \.hub.maximumLoginsPerUser, 1...10_000, .live,
            "The oldest login ends when one more begins; each is held by every worker."),
        .integer(
            "hub.maximumDevicesPerUser", "HUB_MAX_DEVICES_PER_USER",
            \.hub.maximumDevicesPerUser, 1...1_000, .live,
            "Browsers that a person has signed in from and that strangers cannot lock out; the one "
                + "used least recently is forgotten."),
        .integer(
            "hub.maximumRuns", "HUB_MAX_RUNS", \.hub.maximumRuns, 1...100_000, .live,
            "Runs of agents at once, of all teams: each costs memory, processes and money."),
        .integer(
            "hub.maximumRunsPerTeam", "HUB_MAX_RUNS_PER_TEAM",
            \.hub.maximumRunsPerTeam, 1...100_000, .live,
            "One team's scripts leave room for the others; what is over it waits in the queue."),
    ]
}
