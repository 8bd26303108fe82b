/// Which channel it is, behind the border: its name, and for a spec's or an agent's the team whose
/// name it is.
///
/// `spec:x` is another channel for each team that has a spec `x`. The text is the outside name, or
/// `spec:TEAM/ID`: no outside name holds a slash, so none can be taken for another team's channel.
/// Tables, IPC and the database go by it; people and programs outside see ``name``. Hashing and
/// comparing cost one string, which is the one that came, so that a delivery builds none.
public struct ChannelIdentity: Sendable, CustomStringConvertible {
    /// What the channel is about.
    public let kind: ChannelName.Kind

    /// The whole text, as IPC and the database have it; never shown outside.
    public let description: String

    /// The channel that this name means to a team.
    public init(_ name: ChannelName, of team: TeamID) {
        kind = name.kind
        description = kind.isTeamsOwn ? "\(kind.rawValue):\(team)/\(name.id)" : name.description
    }

    /// The channel that this name means to everybody; nil where it is a team's own name.
    public init?(_ name: ChannelName) {
        guard !name.kind.isTeamsOwn else { return nil }
        kind = name.kind
        description = name.description
    }

    /// The channel of a team.
    public static func team(_ id: TeamID) -> ChannelIdentity {
        ChannelIdentity(.team(id), of: id)
    }

    /// The channel of a session.
    public static func session(_ id: SessionID) -> ChannelIdentity {
        ChannelIdentity(kind: .session, description: ChannelName.session(id).description)
    }

    /// The channel of a team's spec.
    public static func spec(_ id: SpecID, of team: TeamID) -> ChannelIdentity {
        ChannelIdentity(.spec(id), of: team)
    }

    /// The channel of a team's agent.
    public static func agent(_ id: AgentID, of team: TeamID) -> ChannelIdentity {
        ChannelIdentity(.agent(id), of: team)
    }

    /// Reads ``description`` again; nil for what this program would not have written.
    ///
    /// Builds no text: this is on the way of every delivery.
    public init?(parsing text: String) {
        guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")),
            let kind = ChannelName.Kind(rawValue: String(text[..<colon]))
        else { return nil }
        let rest = text[text.utf8.index(after: colon)...]
        if kind.isTeamsOwn {
            guard let slash = rest.utf8.firstIndex(of: UInt8(ascii: "/")),
                Self.isID(rest[..<slash]), Self.isID(rest[rest.utf8.index(after: slash)...])
            else { return nil }
        } else {
            guard Self.isID(rest) else { return nil }
        }
        self.init(kind: kind, description: text)
    }

    /// The alphabet is that of all ids in channels.
    private static func isID(_ text: Substring) -> Bool {
        (try? TeamID.check(text)) != nil  // what is wrong with it is nobody's business here
    }

    private init(kind: ChannelName.Kind, description: String) {
        self.kind = kind
        self.description = description
    }
}

extension ChannelIdentity {
    /// As the outside says it; builds a text where the name is a team's own.
    public var name: ChannelName { ChannelName(kind, id) }

    /// The part that the name has behind its colon.
    public var id: String {
        let start = slash ?? colon
        return String(description[description.utf8.index(after: start)...])
    }

    /// The team that the channel itself names; nil for a session's, whose record says it.
    public var teamID: TeamID? {
        switch kind {
        case .team: identifier(id)
        case .session: nil
        case .spec, .agent:
            slash.flatMap { slash in
                identifier(description[description.utf8.index(after: colon)..<slash])
            }
        }
    }

    /// The session, when this is a session's channel.
    public var sessionID: SessionID? { kind == .session ? identifier(id) : nil }

    private var colon: String.Index {
        guard let colon = description.utf8.firstIndex(of: UInt8(ascii: ":")) else {
            preconditionFailure("a channel's text has a colon")
        }
        return colon
    }

    private var slash: String.Index? { description.utf8.firstIndex(of: UInt8(ascii: "/")) }

    private func identifier<Kind>(_ text: some StringProtocol) -> Identifier<Kind>? {
        do { return try Identifier(parsing: text) } catch {
            preconditionFailure("a channel's ids were checked when it was made: \(error)")
        }
    }
}

extension ChannelIdentity: Hashable {
    /// The whole text decides: kind and team are a part of it.
    public static func == (left: Self, right: Self) -> Bool {
        left.description == right.description
    }

    /// One string.
    public func hash(into hasher: inout Hasher) { hasher.combine(description) }
}
