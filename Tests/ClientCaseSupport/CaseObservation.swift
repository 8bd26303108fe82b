import Client
import JSON
import Realtime

/// What a behaviour case sees of a client; the format is that of `Tests/ClientCases/README.md`.
public struct CaseObservation: Sendable {
    public enum Kind: String, Sendable, CaseIterable {
        case state, error, told, settled
    }

    public let kind: Kind
    public let fields: JSONValue

    init(_ state: ConnectionState) {
        var fields: JSONObject = [
            "state": .string(state.phase.rawValue), "previous": .string(state.previous.rawValue),
        ]
        fields["reason"] = state.reason.map { .string($0.rawValue) }
        fields["code"] = state.code.map { .integer(Int64($0)) }
        fields["message"] = state.message.map { .string($0) }
        fields["retryInMs"] = state.retryIn.map { .integer($0.wholeMilliseconds) }
        fields["attempt"] = state.attempt.map { .integer(Int64($0)) }
        kind = .state
        self.fields = .object(fields)
    }

    init(_ error: RealtimeError) {
        var fields: JSONObject = [
            "code": .string(error.code), "message": .string(error.description),
        ]
        switch error {
        case .handlerFailed(let channel, _), .gapDetected(let channel, _, _):
            fields["channel"] = .string(channel.description)
        case .protocolBroken(let code, _): fields["closeCode"] = .integer(Int64(code))
        default: break
        }
        kind = .error
        self.fields = .object(fields)
    }

    init(_ message: ChannelMessage, to name: String) {
        var fields: JSONObject
        switch message {
        case .subscribed(let joined):
            fields = joined.body.objectValue ?? [:]
            fields["gap"] = .bool(joined.isGap)
        case .publication(let published): fields = published.body.objectValue ?? [:]
        case .error(let failure):
            fields = failure.body.objectValue ?? [:]
            fields["willRetry"] = .bool(failure.willRetry)
        }
        fields["to"] = .string(name)
        kind = .told
        self.fields = .object(fields)
    }

    init(settled name: String, _ fields: JSONObject) {
        var fields = fields
        fields["as"] = .string(name)
        kind = .settled
        self.fields = .object(fields)
    }
}

extension AnswerOutcome {
    var fields: JSONObject {
        switch self {
        case .resolved(let allowed, let alwaysAllow, let resolvedBy):
            [
                "outcome": "resolved", "allowed": .bool(allowed),
                "alwaysAllow": .bool(alwaysAllow), "resolvedBy": .string(resolvedBy),
            ]
        case .timeout: ["outcome": "timeout"]
        case .alreadyResolved: ["outcome": "already_resolved"]
        case .notFound: ["outcome": "not_found"]
        }
    }
}

extension Duration {
    /// Of a ping.
    var fields: JSONObject { ["roundTripMs": .integer(wholeMilliseconds)] }
}
