import Client
import Protocol
import Testing

@Suite struct PolicyTests {
    /// One place for each number a language: this holds them together.
    @Test func `both clients have the same numbers`() throws {
        let theirs = try PolicyScript()
        let policy = ReconnectPolicy()
        let ours: [String: Int] = [
            "backoffFirstMs": milliseconds(policy.firstBackoff),
            "backoffMaximumMs": milliseconds(policy.maximumBackoff),
            "soonMs": milliseconds(policy.soon),
            "soonAttempts": policy.soonAttempts,
            "stableMs": milliseconds(policy.stable),
            "connectTimeoutMs": milliseconds(policy.connectTimeout),
            "heartbeatIntervalMs": milliseconds(policy.heartbeatInterval),
            "patienceMs": milliseconds(policy.probeTimeout),
            "subscribeTimeoutMs": milliseconds(policy.subscribeTimeout),
            "spreadMs": milliseconds(policy.onlineSpread),
            "maximumAnswers": policy.maximumAnswers,
            "commandBurst": policy.commandBurst,
            "commandsPerSecond": policy.commandsPerSecond,
        ]
        #expect(theirs.numbers == ours)
    }

    @Test func `both clients have the server's duties`() throws {
        let theirs = try PolicyScript()
        let ours = CloseCode.allCases.map { (Int($0.rawValue), $0.duty.rawValue) }
        #expect(theirs.duties == Dictionary(uniqueKeysWithValues: ours))
    }

    @Test func `the client keeps below the server's limits`() {
        let policy = ReconnectPolicy()
        #expect(policy.commandBurst < Limits.commandBurst)
        #expect(policy.commandsPerSecond < Limits.commandsPerSecond)
        #expect(milliseconds(policy.heartbeatInterval) == Limits.heartbeatIntervalMilliseconds)
    }

    @Test func `a delay is anywhere between nothing and its ceiling, also at the maximum`() {
        let policy = ReconnectPolicy()
        let delays = [0, 3, 50].map { failures in
            [0, 0.5, 0.999].map { milliseconds(policy.backoff(after: failures, random: $0)) }
        }
        #expect(delays == [[0, 125, 250], [0, 1_000, 1_998], [0, 5_000, 9_990]])
    }

    private func milliseconds(_ duration: Duration) -> Int { Int(duration / .milliseconds(1)) }
}

/// The tables of `policy.js`, read as lines of `name: value,`.
private struct PolicyScript {
    private(set) var numbers: [String: Int] = [:]
    private(set) var duties: [Int: String] = [:]

    init() throws {
        let text = try SourceFile.read("Sources/BrowserClient/policy.js")
        for line in text.split(separator: "\n") where line.hasPrefix("  ") && line.hasSuffix(",") {
            let parts = line.dropLast().split(separator: ":", maxSplits: 1)
            guard parts.count == 2 else { continue }
            let name = String(parts[0].drop { $0 == " " })
            let value = parts[1].filter { !" '_".contains($0) }
            if let code = Int(name) {
                duties[code] = value
            } else if let number = Int(value) {
                numbers[name] = number
            }
        }
    }
}
