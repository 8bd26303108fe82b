import Protocol

/// When a client comes back, and how it notices that it must: the numbers of CONTRACT §2's duties.
///
/// The browser client has the same in `policy.js`; a test compares the two.
public struct ReconnectPolicy: Sendable, Equatable {
    /// The ceiling of the first delay; each further failure doubles it.
    public var firstBackoff: Duration = .milliseconds(250)
    /// No delay's ceiling is higher.
    public var maximumBackoff: Duration = .milliseconds(10_000)
    /// The ceiling of the delay after a code whose duty is to come back soon.
    public var soon: Duration = .milliseconds(1_000)
    /// So many losses after a stable time may come back soon; later ones back off.
    public var soonAttempts = 2
    /// Connected for so long, earlier failures are forgotten.
    public var stable: Duration = .milliseconds(5_000)
    /// From asking for a token, and again from opening the socket, until the server greets.
    public var connectTimeout: Duration = .milliseconds(10_000)
    /// Silence for so long is probed, where the server named no other interval.
    public var heartbeatInterval: Duration = .milliseconds(15_000)
    /// A probe unanswered for so long ends the connection with 4001.
    public var probeTimeout: Duration = .milliseconds(5_000)
    /// A subscribe unanswered for so long ends the connection with 4001.
    public var subscribeTimeout: Duration = .milliseconds(10_000)
    /// Clients whose network came back together return within this time.
    public var onlineSpread: Duration = .milliseconds(250)
    /// Permission answers that may wait for their acknowledgement.
    public var maximumAnswers = 100
    /// Commands that may leave at once, and a second: below the server's 100 and 50, whose excess
    /// closes the connection with 4008.
    public var commandBurst = 80
    public var commandsPerSecond = 40

    public init() {}

    /// The delay before an attempt: full jitter, also at the ceiling, so that clients that failed
    /// together do not return together.
    ///
    /// - Parameters:
    ///   - failures: before this one, since the last stable connection.
    ///   - random: from 0 up to, but not including, 1.
    public func backoff(after failures: Int, random: Double) -> Duration {
        var ceiling = firstBackoff
        for _ in 0..<min(failures, 62) where ceiling < maximumBackoff { ceiling *= 2 }
        return Self.spread(min(ceiling, maximumBackoff), random)
    }

    /// The delay after a close code.
    public func delay(after code: CloseCode?, failures: Int, random: Double) -> Duration {
        guard code?.duty == .reconnectSoon, failures < soonAttempts else {
            return backoff(after: failures, random: random)
        }
        return Self.spread(soon, random)
    }

    /// A share of `ceiling`, in whole milliseconds.
    static func spread(_ ceiling: Duration, _ random: Double) -> Duration {
        .milliseconds(Int64((random * Double(ceiling.wholeMilliseconds)).rounded()))
    }
}
