import Realtime

/// The right to run a session: whoever holds the newest generation, and nobody else.
///
/// The hub counts the generation up with every grant, and with every end of a run that its worker
/// did not report, so that a worker that was believed dead can be told from the one that took over
/// (see ``ErrorCode/leaseLost``).
public struct SessionLease: Sendable, Hashable {
    public let session: SessionID
    public let generation: Int64

    /// 20 s: four heartbeats of a worker may be lost before its runs count as dead.
    public static let lifetimeMilliseconds = 20_000
    /// 5 s for a worker whose link is lost to come back.
    ///
    /// Its link is tried again four times a second, and what died should be seen as dead soon. A worker
    /// that is away for longer from a hub that runs has to stop its runs by itself, since another may
    /// have them.
    public static let reconnectMilliseconds = 5_000
    /// 90 s without any hub, which nobody can get a lease from: an upgrade takes less.
    ///
    /// What a run has to tell is kept meanwhile, up to 8 MiB.
    public static let absenceMilliseconds = 90_000
    /// 5 s between two ``PeerMessage/ready(_:)`` of a worker.
    public static let heartbeatMilliseconds = 5_000

    public init(session: SessionID, generation: Int64) {
        self.session = session
        self.generation = generation
    }
}

/// What an agent worker can take and what it is at: after each welcome, every
/// ``SessionLease/heartbeatMilliseconds``, and when its capacity changes.
///
/// Renews exactly the leases listed. A lease that is not listed is neither renewed nor ended by it:
/// the run may be on its way to the worker. Capacity 0 takes no new run (the worker drains).
///
/// Example: `{"type":"ready","capacity":100,"leases":[["ses_1",4]]}`.
public struct AgentReadiness: Sendable, Equatable {
    /// Runs at once, those of ``leases`` included.
    public let capacity: Int
    public let leases: [SessionLease]

    /// What the setting `agent.capacity` allows at most: sums of it stay small.
    public static let maximumCapacity = 10_000

    public init(capacity: Int, leases: [SessionLease]) {
        self.capacity = capacity
        self.leases = leases
    }

    var envelope: Envelope {
        Envelope(header: [
            "type": "ready", "capacity": .integer(Int64(capacity)),
            "leases": .array(
                leases.map { [.string($0.session.text), .integer($0.generation)] }),
        ])
    }

    init(_ reader: HeaderReader) throws(WireError) {
        capacity = try reader.count("capacity")
        guard capacity <= Self.maximumCapacity else { throw .badField("capacity") }
        let items = try reader.array("leases")
        guard items.count <= Self.maximumCapacity else { throw .badField("leases") }
        var leases: [SessionLease] = []
        for item in items {
            guard let pair = item.arrayValue, pair.count == 2 else { throw .badField("leases") }
            let inner = HeaderReader(["session": pair[0], "generation": pair[1]])
            leases.append(
                SessionLease(
                    session: try inner.identifier("session"),
                    generation: try inner.integer("generation")))
        }
        self.leases = leases
    }
}
