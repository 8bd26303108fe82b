extension Metric {
    /// Every metric, in the order of `/metrics`.
    public static let all: [Metric] = everywhere + hub + webSocket + http + agent

    private static let everywhere = [
        startTime, buildInfo, limitsReached, ipcFramesReceived, ipcFramesSent, ipcQueueBytes,
        ipcDisconnects,
    ]

    /// Seconds since 1970.
    public static let startTime = gauge("start_time_seconds", "When the process began.")
    /// Always 1; the label is what it says.
    public static let buildInfo = gauge(
        "build_info", by: "version", "The version of each process.")
    /// One count each time a limit decided; the label is the setting's key, or
    /// `group.name` in the same form where the limit is fixed.
    public static let limitsReached = counter(
        "limits_reached_total", by: "limit", "Times that a limit refused or ended something.")
    public static let ipcFramesReceived = counter(
        "ipc_frames_received_total", "Messages received from other processes.")
    public static let ipcFramesSent = counter(
        "ipc_frames_sent_total", "Messages sent to other processes.")
    public static let ipcQueueBytes = gauge(
        "ipc_queue_bytes", "Bytes waiting to be sent to other processes.")
    public static let ipcDisconnects = counter(
        "ipc_disconnects_total", by: "reason", "Links to other processes that ended.")

    private static let hub = [
        hubIterations, hubCommits, hubPublications, hubDuplicates, hubDeliveries, hubRecoveries,
        hubEpochsBegun,
        hubPeers, hubChannels, hubRunningSessions, hubPendingPermissions, hubPermissions,
        hubSessions, hubLeases, hubWaitingSessions, hubRuns,
        hubConfigChanges, hubLoginFailures, hubPasswordsWaiting, hubHistoryTrimmed,
        hubLoopReadBytes, hubReads, hubReadBytes, hubWaitingReads,
        hubStoreTakesWrites, hubRefusedWrites, hubDatabaseBytes, hubFreeBytes,
    ]

    public static let hubIterations = counter(
        "hub_iterations_total", "Turns of the hub's loop that had something to do.")
    public static let hubCommits = counter("hub_commits_total", "Transactions committed.")
    public static let hubPublications = counter(
        "hub_publications_total", "Publications given an offset.")
    public static let hubDuplicates = counter(
        "hub_duplicate_publications_total", "Publications whose event id was already known.")
    public static let hubDeliveries = counter(
        "hub_deliveries_total", "Publications handed to a worker.")
    public static let hubRecoveries = counter(
        "hub_recoveries_total", by: "source", "Resumed subscriptions by what answered them.")
    public static let hubEpochsBegun = counter(
        "hub_epochs_begun_total", by: "reason",
        "Starts at which every channel began a new epoch, by why.")
    public static let hubPeers = gauge("hub_peers", by: "role", "Connected processes.")
    public static let hubChannels = gauge("hub_channels", "Channels held in memory.")
    public static let hubRunningSessions = gauge("hub_running_sessions", "Sessions with a run.")
    public static let hubPendingPermissions = gauge(
        "hub_pending_permissions", "Permission requests without an answer.")
    public static let hubPermissions = counter(
        "hub_permissions_total", by: "outcome", "Permission requests by how they ended.")
    public static let hubSessions = gauge("hub_sessions", "Sessions held in memory.")
    public static let hubLeases = gauge("hub_leases", "Runs that agent workers hold.")
    public static let hubWaitingSessions = gauge(
        "hub_waiting_sessions", "Sessions that wait for a worker to run them.")
    public static let hubRuns = counter(
        "hub_runs_total", by: "outcome", "Runs of agent workers by how they ended.")
    public static let hubConfigChanges = counter(
        "hub_config_changes_total", by: "outcome", "Edits of the watched files.")
    public static let hubLoginFailures = counter(
        "hub_login_failures_total", "Wrong passwords and unknown accounts.")
    public static let hubPasswordsWaiting = gauge(
        "hub_passwords_waiting", "Passwords that wait to be hashed.")
    public static let hubHistoryTrimmed = counter(
        "hub_history_trimmed_total", "Publications removed from history.")

    public static let hubLoopReadBytes = counter(
        "hub_loop_read_bytes_total", "Bytes of values that the loop itself read from the database.")
    public static let hubReads = counter(
        "hub_reads_total", "Lists read on the reading thread.")
    public static let hubReadBytes = counter(
        "hub_read_bytes_total", "Bytes of lists read on the reading thread.")
    public static let hubStoreTakesWrites = gauge(
        "hub_store_takes_writes",
        "1, or 0 while the disk is full, read-only, or the database is locked by another program.")
    public static let hubDatabaseBytes = gauge(
        "hub_database_bytes", "Size of the database with its log.")
    public static let hubFreeBytes = gauge(
        "hub_free_bytes", "Room left on the database's disk.")
    public static let hubRefusedWrites = counter(
        "hub_refused_writes_total", "Commands refused because the database took no writes.")
    public static let hubWaitingReads = gauge(
        "hub_waiting_reads", "Lists that wait for the reading thread.")

    private static let webSocket = [
        webSocketConnections, webSocketSubscriptions, webSocketQueueBytes, webSocketHandshakes,
        webSocketCommands, webSocketErrors, webSocketDeliveries, webSocketBytesSent,
        webSocketDisconnects,
    ]

    public static let webSocketConnections = gauge("ws_connections", "Open connections.")
    public static let webSocketSubscriptions = gauge("ws_subscriptions", "Held subscriptions.")
    public static let webSocketQueueBytes = gauge(
        "ws_queue_bytes", "Bytes waiting for slow clients.")
    public static let webSocketHandshakes = counter(
        "ws_handshakes_total", by: "outcome", "Handshakes by outcome: accepted or the error code.")
    public static let webSocketCommands = counter(
        "ws_commands_total", by: "type", "Commands received.")
    public static let webSocketErrors = counter(
        "ws_errors_total", by: "code", "Error replies on open connections.")
    public static let webSocketDeliveries = counter(
        "ws_deliveries_total", "Publications written or queued, one count per connection.")
    public static let webSocketBytesSent = counter(
        "ws_bytes_sent_total", "Bytes of frames written to clients.")
    public static let webSocketDisconnects = counter(
        "ws_disconnects_total", by: "reason", "Connections by how they ended.")

    private static let agent = [
        agentRuns, agentRunsEnded, agentModelRequests, agentModelRetries, agentModelDeviations,
        agentTokens, agentToolCalls, agentToolTimeouts, agentHangingCalls, agentSandboxes,
        agentSandboxMilliseconds, agentSandboxFailures, agentQuestions,
    ]

    public static let agentRuns = gauge("agent_runs", "Runs that a worker has in hand.")
    public static let agentRunsEnded = counter(
        "agent_runs_total", by: "outcome", "Runs by how they ended.")
    public static let agentModelRequests = counter(
        "agent_model_requests_total", by: "outcome", "Requests to the model by how they ended.")
    public static let agentModelRetries = counter(
        "agent_model_retries_total", by: "reason", "Attempts that failed and were made again.")
    public static let agentModelDeviations = counter(
        "agent_model_deviations_total", by: "kind",
        "Answers that strayed from the protocol without losing anything.")
    public static let agentTokens = counter(
        "agent_tokens_total", by: "kind", "Tokens of completed answers.")
    public static let agentToolCalls = counter(
        "agent_tool_calls_total", by: "tool", "Tools that were run.")
    public static let agentToolTimeouts = counter(
        "agent_tool_timeouts_total", by: "tool", "Tools whose time was over before their work.")
    public static let agentHangingCalls = gauge(
        "agent_hanging_calls", "Tools that were answered while their work still hangs.")
    public static let agentSandboxes = counter(
        "agent_sandboxes_total", "Commands that began in a sandbox of their own.")
    public static let agentSandboxMilliseconds = counter(
        "agent_sandbox_milliseconds_total", "Time from their calls until those commands began.")
    public static let agentSandboxFailures = counter(
        "agent_sandbox_failures_total", by: "reason",
        "Commands that did not run for want of a sandbox.")
    public static let agentQuestions = counter(
        "agent_permission_questions_total", "Questions that runs asked people.")

    private static let http = [
        httpRequests, httpRequestMilliseconds, httpThreadsBusy, httpConnectionsRefused,
    ]

    public static let httpRequests = counter(
        "http_requests_total", by: "status", "REST requests by status.")
    public static let httpRequestMilliseconds = counter(
        "http_request_milliseconds_total", "Time spent in REST requests.")
    public static let httpThreadsBusy = gauge(
        "http_threads_busy", "FastCGI threads that are answering a request.")
    public static let httpConnectionsRefused = counter(
        "http_connections_refused_total", by: "reason",
        "FastCGI connections that ended without an answer to a request.")
}
