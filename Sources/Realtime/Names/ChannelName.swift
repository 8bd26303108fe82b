/// The name of a channel: a kind, one colon and an id, as in `session:01J9Z`.
///
/// CONTRACT §2, Channels: what clients and producers say and see. Names of specs and agents are a
/// team's own, so behind the border a channel goes by its ``ChannelIdentity``. Hashing and comparing
/// cost one string.
public struct ChannelName: Sendable, CustomStringConvertible {
    /// What a channel is about; the raw value is its prefix on the wire.
    public enum Kind: String, Sendable, CaseIterable {
        case team, spec, agent, session

        /// Whether each team gives such ids for itself: then a name alone does not say which channel.
        public var isTeamsOwn: Bool {
            switch self {
            case .spec, .agent: true
            case .team, .session: false
            }
        }
    }

    /// What the channel is about.
    public let kind: Kind

    /// The whole name, as on the wire.
    public let description: String

    /// The channel of a team: sessions created and deleted, and what producers say to everybody.
    public static func team(_ id: TeamID) -> ChannelName { ChannelName(.team, id.text) }

    /// The channel of a spec.
    public static func spec(_ id: SpecID) -> ChannelName { ChannelName(.spec, id.text) }

    /// The channel of an agent.
    public static func agent(_ id: AgentID) -> ChannelName { ChannelName(.agent, id.text) }

    /// The channel of a session.
    public static func session(_ id: SessionID) -> ChannelName { ChannelName(.session, id.text) }

    /// Checks a name from outside: a known kind, exactly one colon, an id of the narrow alphabet.
    public init(parsing text: String) throws(ChannelNameError) {
        guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")) else { throw .noColon }
        guard let kind = Kind(rawValue: String(text[..<colon])) else { throw .unknownKind }
        do {
            try Identifier<AnyChannelID>.check(text[text.utf8.index(after: colon)...])
        } catch {
            throw .badID(error)
        }
        self.kind = kind
        self.description = text
    }

    /// The part behind the colon.
    public var id: String { String(description.utf8.dropFirst(kind.rawValue.utf8.count + 1)) ?? "" }

    /// The team, when this is a team's channel.
    public var teamID: TeamID? { identifier(of: .team) }

    /// The spec, when this is a spec's channel.
    public var specID: SpecID? { identifier(of: .spec) }

    /// The agent, when this is an agent's channel.
    public var agentID: AgentID? { identifier(of: .agent) }

    /// The session, when this is a session's channel.
    public var sessionID: SessionID? { identifier(of: .session) }

    init(_ kind: Kind, _ id: String) {
        self.kind = kind
        self.description = "\(kind.rawValue):\(id)"
    }

    private func identifier<IDKind>(of kind: Kind) -> Identifier<IDKind>? {
        guard self.kind == kind else { return nil }
        do { return try Identifier(parsing: id) } catch {
            preconditionFailure("A channel's id was checked when its name was made: \(error)")
        }
    }

    private enum AnyChannelID: IdentifierKind { static var noun: String { "channel id" } }
}

extension ChannelName: Hashable {
    /// The whole name decides: the kind is a part of it.
    public static func == (left: Self, right: Self) -> Bool {
        left.description == right.description
    }

    /// One string.
    public func hash(into hasher: inout Hasher) { hasher.combine(description) }
}

/// Why a text names no channel; a peer sees `CHANNEL_INVALID`.
public enum ChannelNameError: Error, Equatable, CustomStringConvertible {
    case noColon
    case unknownKind
    case badID(IdentifierError)

    /// What was wrong with the name, and what one looks like; never the refused text itself.
    public var description: String {
        switch self {
        case .noColon: "the channel has no colon; a channel is a kind and an id, such as team:demo"
        case .unknownKind: "the channel's kind is none of team, spec, agent, session"
        case .badID(let error): "the channel's id is not usable: \(error)"
        }
    }
}
