import ClaudeAPI
import Daemon
import Tools

/// What this worker counts.
struct AgentMetrics {
    let metrics: Metrics
    private let runs: Gauge
    private let hangingCalls: Gauge

    init(_ metrics: Metrics) {
        self.metrics = metrics
        runs = metrics.gauge(.agentRuns)
        hangingCalls = metrics.gauge(.agentHangingCalls)
    }

    func set(runs count: Int, hangingCalls hanging: Int) {
        runs.set(Int64(count))
        hangingCalls.set(Int64(hanging))
    }

    func ended(_ outcome: RunOutcome) {
        metrics.counter(.agentRunsEnded, outcome.label).add()
    }

    func received(_ event: ClaudeEvent) {
        switch event {
        case .completed(let message):
            metrics.counter(.agentModelRequests, "completed").add()
            metrics.counter(.agentTokens, "input").add(message.usage.inputTokens)
            metrics.counter(.agentTokens, "output").add(message.usage.outputTokens)
            metrics.counter(.agentTokens, "cache_read").add(message.usage.cacheReadTokens)
            metrics.counter(.agentTokens, "cache_creation").add(message.usage.cacheCreationTokens)
        case .failed(let error): metrics.counter(.agentModelRequests, error.label).add()
        case .retrying(let retry):
            metrics.counter(.agentModelRetries, retry.reason.label).add()
        case .tolerated(let deviation): tolerated(deviation)
        default: break
        }
    }

    func tolerated(_ deviation: Deviation) {
        metrics.counter(.agentModelDeviations, deviation.rawValue).add()
    }

    func ran(_ tool: String) { metrics.counter(.agentToolCalls, tool).add() }

    func timedOut(_ tool: String) { metrics.counter(.agentToolTimeouts, tool).add() }

    func sandboxed(within time: Duration) {
        metrics.counter(.agentSandboxes).add()
        metrics.counter(.agentSandboxMilliseconds).add(Int(time / .milliseconds(1)))
    }

    func failed(_ failure: SandboxFailure) {
        metrics.counter(.agentSandboxFailures, failure.label).add()
    }

    func ended(_ outcome: ToolOutcome) {
        if let limit = outcome.limit { metrics.counter(.limitsReached, limit).add() }
    }

    func asked() { metrics.counter(.agentQuestions).add() }

    func linkEnded(_ label: String) { metrics.counter(.ipcDisconnects, label).add() }
}
