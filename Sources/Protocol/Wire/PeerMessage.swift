import JSON
import Realtime

/// What a worker or the CLI tells the hub after its ``Hello``.
///
/// Requests carry a number that the peer chose; the hub answers each exactly once with the same
/// number, and answers and deliveries come down one ordered stream.
public enum PeerMessage: Sendable, Equatable {
    /// Authorise `credential` for the channel, join, and answer the position; with `since`, also
    /// the first page of what was missed.
    case subscribe(Int64, CredentialID, ChannelIdentity, since: StreamPosition?)
    /// The next page of what was missed, for a subscription that is still catching up.
    case read(Int64, CredentialID, ChannelIdentity, since: StreamPosition)
    /// Joins again after the link was lost, on behalf of all subscribers that this worker still
    /// has; nobody's authorisation but the team's is looked at.
    case resume(Int64, TeamID, ChannelIdentity, since: StreamPosition)
    /// The last subscriber here is gone: no more deliveries of this channel.
    case release(ChannelIdentity)
    /// Publications: headers here, open texts behind each other in the body.
    case publish(Int64, CredentialID?, [ProducedEvent], texts: [UInt8])
    /// Any other operation. No credential: an open operation, or the CLI on this machine.
    case call(Int64, CredentialID?, Operation, JSONObject)
    /// These credentials were used since the last such message.
    case used([CredentialID])
    /// The process's metrics, replacing what it reported before; see `Daemon.Metrics`.
    case stats(JSONObject)
    /// An agent worker's capacity and leases, also its heartbeat.
    case ready(AgentReadiness)
    /// Sessions of which an agent worker has folders; the hub says which of them are deleted.
    case kept([SessionID])
    /// What a run has to tell.
    case report(Int64, RunReport)

    public var envelope: Envelope {
        switch self {
        case .subscribe(let request, let credential, let channel, let since):
            return Self.positioned("subscribe", request, ("credential", credential), channel, since)
        case .read(let request, let credential, let channel, let since):
            return Self.positioned("read", request, ("credential", credential), channel, since)
        case .resume(let request, let team, let channel, let since):
            return Self.positioned("resume", request, ("team", team), channel, since)
        case .release(let channel):
            return Envelope(header: ["type": "release", "channel": .string(channel.description)])
        case .publish(let request, let credential, let events, let texts):
            var header: JSONObject = ["type": "publish", "request": .integer(request)]
            header.set("credential", credential)
            header["events"] = .array(events.map { .object($0.header) })
            return Envelope(header: header, body: texts)
        case .call(let request, let credential, let operation, let parameters):
            var header: JSONObject = [
                "type": "call", "request": .integer(request),
                "operation": .string(operation.rawValue),
            ]
            header.set("credential", credential)
            header["parameters"] = .object(parameters)
            return Envelope(header: header)
        case .used(let credentials):
            return Envelope(header: [
                "type": "used", "credentials": .array(credentials.map { .string($0.text) }),
            ])
        case .stats(let metrics):
            return Envelope(header: ["type": "stats", "metrics": .object(metrics)])
        case .ready(let readiness):
            return readiness.envelope
        case .kept(let sessions):
            return Envelope(header: [
                "type": "kept", "sessions": .array(sessions.map { .string($0.text) }),
            ])
        case .report(let request, let report):
            return report.envelope(request: request)
        }
    }

    private static func positioned<Kind>(
        _ type: String, _ request: Int64, _ asker: (String, Identifier<Kind>),
        _ channel: ChannelIdentity, _ since: StreamPosition?
    ) -> Envelope {
        var header: JSONObject = ["type": .string(type), "request": .integer(request)]
        header.set(asker.0, asker.1)
        header["channel"] = .string(channel.description)
        header.set(since)
        return Envelope(header: header)
    }

    public init(_ envelope: Envelope) throws(WireError) {
        let reader = HeaderReader(envelope.header)
        let type = try reader.string("type")
        guard let kind = Kind(rawValue: type) else { throw .unknownType(type) }
        switch kind {
        case .subscribe:
            self = .subscribe(
                try reader.integer("request"), try reader.identifier("credential"),
                try reader.channel(), since: try reader.optionalPosition())
        case .read:
            self = .read(
                try reader.integer("request"), try reader.identifier("credential"),
                try reader.channel(), since: try reader.position())
        case .resume:
            self = .resume(
                try reader.integer("request"), try reader.identifier("team"),
                try reader.channel(), since: try reader.position())
        case .release:
            self = .release(try reader.channel())
        case .publish:
            self = .publish(
                try reader.integer("request"), try reader.optionalIdentifier("credential"),
                try ProducedEvent.list(try reader.array("events"), texts: envelope.body),
                texts: envelope.body)
        case .call:
            self = .call(
                try reader.integer("request"), try reader.optionalIdentifier("credential"),
                try reader.word("operation"), try reader.object("parameters"))
        case .used:
            self = .used(try Self.identifiers(try reader.array("credentials")))
        case .stats:
            self = .stats(try reader.object("metrics"))
        case .ready:
            self = .ready(try AgentReadiness(reader))
        case .kept:
            self = .kept(try Self.identifiers(try reader.array("sessions")))
        case .report:
            self = .report(
                try reader.integer("request"), try RunReport(reader, body: envelope.body))
        }
    }

    private static func identifiers<Kind>(
        _ items: [JSONValue]
    ) throws(WireError) -> [Identifier<Kind>] {
        var ids: [Identifier<Kind>] = []
        for item in items {
            ids.append(try HeaderReader(["id": item]).identifier("id"))
        }
        return ids
    }
}
