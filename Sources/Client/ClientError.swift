import HTTPClient
import JSON
import Protocol
import Realtime

/// Why something asked of a hub was not done.
public enum ClientError: Error, Sendable, CustomStringConvertible {
    /// Nobody answers at the hub's socket.
    case hubUnreachable(socket: String, reason: String)
    /// The link broke while the answer was awaited: whether it took effect is unknown.
    case linkLost(reason: String)
    /// The hub's, or the REST API's, own refusal.
    case refused(OperationError)
    /// The server ended a WebSocket for good: coming back the same way is of no use.
    case closed(code: UInt16, reason: String)
    /// Nothing came back from a remote installation.
    case transport(HTTPClientError)
    /// A remote installation's WebSocket did not open, and not by its own refusal.
    case unreachable(TransportFailure)
    /// The answer has not the form that this version knows.
    case unexpectedAnswer(String)
    /// What is asked can only be done on the hub's own machine.
    case localOnly(Operation)
    /// Several teams have a spec or an agent of this name.
    case ambiguous(ChannelName, [TeamID])
    /// What the caller gave cannot be sent.
    case invalid(ValidationError)

    public var description: String {
        switch self {
        case .hubUnreachable(let socket, let reason):
            """
            no hub answers at \(socket): \(reason). Is it running? Start `switchboard dev` or the \
            service, or name the right one with --state, --socket or --url
            """
        case .linkLost(let reason):
            """
            the link to the hub broke before it answered: \(reason). Look whether the change took \
            effect, then repeat
            """
        case .refused(let error): "\(error)"
        case .closed(let code, let reason):
            """
            the server closed the connection with \(code) (\(reason)): make a new key or ask for \
            the permission, then start again
            """
        case .transport(let error): "\(error)"
        case .unreachable(let failure): "\(failure.description)"
        case .unexpectedAnswer(let what): "the answer is not of the expected form: \(what)"
        case .localOnly(let operation):
            "\(operation.rawValue) works on the hub's own machine only, not with --url"
        case .ambiguous(let channel, let teams):
            """
            \(teams.count) teams have a channel \(channel) (\(Self.some(teams))): say which one with \
            --team
            """
        case .invalid(let error): "\(error)"
        }
    }

    private static func some(_ teams: [TeamID]) -> String {
        let names = teams.prefix(5).map(\.text).joined(separator: ", ")
        return teams.count > 5 ? names + ", …" : names
    }
}

extension ClientError {
    /// Whether the same may work a moment later.
    public var isTransient: Bool {
        switch self {
        case .transport, .unreachable, .linkLost, .unexpectedAnswer, .hubUnreachable: true
        case .refused(let error): error.code.httpStatus >= 500 || error.code == .rateLimited
        case .localOnly, .ambiguous, .invalid, .closed: false
        }
    }

    /// Why a WebSocket did not open.
    init(_ failure: TransportFailure) {
        guard let status = failure.httpStatus else {
            self = .unreachable(failure)
            return
        }
        // A body that is no JSON is as good as none.
        let body = (try? JSONValue(parsing: failure.body)) ?? .null
        self = RemoteClient.refusal(body, status: status)
    }
}
