import Daemon
import Hub
import JSON
import Protocol
import Realtime

/// A hub with a team, keys, and a worker of each kind.
struct Fixture {
    let hub: TestHub
    let team: TeamID
    let cli: PeerID
    let ws: PeerID
    let fcgi: PeerID
    /// An API key of the team with every scope, also for what belongs to all teams.
    let key: CredentialID

    init(_ change: (inout Settings) -> Void = { _ in }) throws {
        hub = try TestHub(change)
        cli = try hub.connect(.cli, "cli")
        team = try Self.team(hub, cli, "One")
        key = try Self.key(hub, cli, team, isInstallationAdmin: true)
        ws = try hub.connect(.webSocketWorker, "ws-1")
        fcgi = try hub.connect(.fastCGIWorker, "fcgi")
        _ = hub.take(ws)
        _ = hub.take(fcgi)
    }

    static func team(_ hub: TestHub, _ cli: PeerID, _ name: String) throws -> TeamID {
        try TeamID(parsing: hub.call(cli, .createTeam, ["name": .string(name)]).text("id"))
    }

    static func key(
        _ hub: TestHub, _ cli: PeerID, _ team: TeamID, scopes: [Scope] = Scope.allCases,
        expiresAt: Timestamp? = nil, isInstallationAdmin: Bool = false
    ) throws -> CredentialID {
        var parameters: JSONObject = [
            "teamId": .string(team.text), "name": "k",
            "scopes": .array(scopes.map { .string($0.rawValue) }),
        ]
        if isInstallationAdmin { parameters["installation"] = true }
        if let expiresAt { parameters["expiresAt"] = .string(expiresAt.description) }
        return try CredentialID(parsing: hub.call(cli, .createKey, parameters).text("id"))
    }

    var channel: ChannelIdentity { .team(team) }

    /// The team's spec of this name.
    func spec(_ id: SpecID) -> ChannelIdentity { .spec(id, of: team) }

    /// Publishes one event over `fcgi`.
    func publish(
        _ text: String = "a", on channel: ChannelIdentity? = nil, eventID: EventID? = nil,
        as credential: CredentialID? = nil
    ) throws -> HubMessage {
        try publish([(channel ?? self.channel, text, eventID)], as: credential)
    }

    func publish(
        _ events: [(ChannelIdentity, String, EventID?)], as credential: CredentialID? = nil
    ) throws -> HubMessage {
        var texts: [UInt8] = []
        var produced: [ProducedEvent] = []
        for (channel, text, eventID) in events {
            let open = EventText.open(
                type: "x_test", channel: channel.name, at: hub.now, eventID: eventID ?? "made",
                body: ["payload": .string(text)])
            texts += open
            produced.append(
                ProducedEvent(
                    channel: channel, eventID: eventID ?? "made", isIdempotent: eventID != nil,
                    time: hub.now, content: .ready(textBytes: open.count)))
        }
        return try hub.ask(fcgi) { .publish($0, credential ?? key, produced, texts: texts) }
    }

    func subscribe(
        _ channel: ChannelIdentity? = nil, since: StreamPosition? = nil, from peer: PeerID? = nil,
        as credential: CredentialID? = nil
    ) throws -> HubMessage {
        try hub.ask(peer ?? ws) {
            .subscribe($0, credential ?? key, channel ?? self.channel, since: since)
        }
    }

    /// Subscribes and answers the position; fails where it was refused.
    func join(_ channel: ChannelIdentity? = nil, since: StreamPosition? = nil) throws -> (
        joined: Joined, page: Page
    ) {
        guard case .subscribed(_, let joined, let page) = try subscribe(channel, since: since)
        else { throw TestHubError.noAnswer }
        return (joined, page)
    }

    /// Offsets of the deliveries to `ws` since the last look.
    func deliveries() -> [Offset] {
        hub.take(ws).compactMap { message in
            if case .delivery(_, let offset, _) = message { offset } else { nil }
        }
    }
}

extension JSONValue {
    func text(_ key: String) throws -> String {
        guard let text = self[key]?.stringValue else { throw TestHubError.noAnswer }
        return text
    }
}

extension HubMessage {
    var refusal: OperationError? {
        if case .refused(_, let error) = self { error } else { nil }
    }

    var value: JSONValue? {
        if case .result(_, let value) = self { value } else { nil }
    }

    /// The first result of a publish request.
    var firstResult: JSONValue? { value?["results"]?.arrayValue?.first }
}
