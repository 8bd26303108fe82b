import JSON
import Protocol
import Realtime

/// What channels and publishing need to know of sessions: filled in by the sessions' half of the
/// hub when it is set up.
package struct SessionSeam {
    /// The team that owns a session; nil when there is none.
    package var owner: (SessionID, Iteration) throws -> TeamID? = { _, _ in nil }

    /// The API key of the agent outside that runs a session; nil where none does.
    package var runner: (SessionID, Iteration) throws -> CredentialID? = { _, _ in nil }

    /// A session's state as JSON text, consistent with the head of its channel.
    package var snapshot: (SessionID, Iteration) throws -> [UInt8]? = { _, _ in nil }

    /// Publishes whatever text of the session is being held back; called before anything else is
    /// published on its channel.
    package var flush: (SessionID, Iteration) throws -> Void = { _, _ in }

    /// Publishes whatever is being held back of all sessions; called when the hub stops.
    package var flushAll: (Iteration) throws -> Void = { _ in }

    /// Forgets sessions that nobody used for a while; the store knows them.
    package var evict: () -> Void = {}

    /// Takes one session event of a publish request whose sender may publish it.
    ///
    /// The closure is called exactly once, now or in a later iteration, with what became of it; an
    /// event that is refused throws, and refuses the whole request.
    package var publish:
        (
            SessionEventRequest, Iteration,
            @escaping (PublishResult, Iteration) throws -> Void
        ) throws -> Void = { _, _, _ in
            throw OperationError(.serviceUnavailable, "this hub runs no sessions")
        }

    package init() {}
}

/// A session event as an agent produced it.
package struct SessionEventRequest {
    package let session: SessionID
    package let type: SessionEventType
    package let fields: JSONObject
    package let eventID: EventID
    /// Whether the producer chose the event id, and may send it again.
    package let isIdempotent: Bool
    package let time: Timestamp
    package let caller: Caller

    /// The worker's run that it comes from; nil for an agent outside.
    var run: RunAuthor? {
        if case .run(let author) = caller { author } else { nil }
    }
}
