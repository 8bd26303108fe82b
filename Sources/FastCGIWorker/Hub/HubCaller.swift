import JSON
import Protocol
import Realtime

/// What a request thread needs of the hub: one question, one answer.
///
/// Any thread; blocks until the answer is there or its deadline has passed. The worker's own tests
/// put another one in its place.
package protocol HubCaller: Sendable {
    func ask(_ question: HubQuestion) -> HubReply
}

/// What a request asks of the hub.
package enum HubQuestion: Sendable, Equatable {
    case call(CredentialID?, Operation, JSONObject)
    case publish(CredentialID, [ProducedEvent], texts: [UInt8])

    var credential: CredentialID? {
        switch self {
        case .call(let credential, _, _): credential
        case .publish(let credential, _, _): credential
        }
    }

    /// How long the hub's loop is at it, in events.
    var cost: Int {
        if case .publish(_, let events, _) = self { max(1, events.count) } else { 1 }
    }

    package func message(_ request: Int64) -> PeerMessage {
        switch self {
        case .call(let credential, let operation, let parameters):
            .call(request, credential, operation, parameters)
        case .publish(let credential, let events, let texts):
            .publish(request, credential, events, texts: texts)
        }
    }
}

/// How a question ended.
package enum HubReply: Sendable, Equatable {
    case result(JSONValue)
    case refused(OperationError)
    /// The hub is away, and was not asked.
    case unsent
    /// The hub went away before it answered; whether it took effect is unknown.
    case lost
    /// No answer within the deadline; whether it took or takes effect is unknown.
    case late
}
