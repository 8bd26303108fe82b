/// What a ``RealtimeClient`` is made of.
public struct RealtimeOptions: Sendable {
    /// `wss://HOST[:PORT]/ws`.
    public var url: String
    /// Further headers of each handshake, such as `x-api-key`.
    public var headers: [(name: String, value: String)] = []
    /// Trusts only the authorities in this PEM file, in place of the system's.
    public var caFile: String?
    /// Asked before each attempt, so that a token may expire; its answer is offered as
    /// `bearer.<token>`.
    ///
    /// Nil, and where it answers nil, none is offered. What it throws is reported, and tried again
    /// with back-off.
    public var token: (@Sendable () async throws -> String?)?
    public var policy = ReconnectPolicy()
    /// Messages that a ``Subscription`` keeps for a consumer that lags behind.
    ///
    /// With the last of them it leaves its channel, and joins it again from there when the consumer
    /// has caught up: the server's history is the rest of the buffer.
    public var maximumBufferedMessages = 1_024
    /// Told everything, in order and at once, on the actor: it has to return quickly.
    public var observer: (@Sendable (RealtimeEvent) -> Void)?
    public var clock: any RealtimeClock = SteadyClock()
    /// From 0 up to, but not including, 1.
    public var random: @Sendable () -> Double = { Double.random(in: 0..<1) }

    public init(url: String) { self.url = url }
}

/// The time of a client, so that a test can step it.
public protocol RealtimeClock: Sendable {
    /// Since any moment that does not change.
    var now: Duration { get }

    /// Returns at that time, or throws where the task is cancelled before.
    func sleep(until time: Duration) async throws
}

/// The machine's clock, which goes on while it sleeps: a connection that slept is probed at once.
public struct SteadyClock: RealtimeClock {
    private static let start = ContinuousClock.now

    public init() {}

    public var now: Duration { ContinuousClock.now - Self.start }

    public func sleep(until time: Duration) async throws {
        try await ContinuousClock().sleep(until: Self.start + time)
    }
}
