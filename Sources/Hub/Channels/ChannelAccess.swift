import Protocol
import Realtime
import Store

/// Who may read and publish on a channel: its owner's team, and nobody else.
package struct ChannelAccess {
    let seam: () -> SessionSeam

    /// The team on record; nil when nothing is.
    package func owner(of channel: ChannelIdentity, _ iteration: Iteration) throws -> TeamID? {
        if let session = channel.sessionID { return try seam().owner(session, iteration) }
        guard let team = channel.teamID else { return nil }
        switch channel.kind {
        case .team: return try iteration.store.team(team)?.id
        case .spec: return try iteration.store.owner(.spec, channel.id, of: team)?.teamID
        case .agent: return try iteration.store.owner(.agent, channel.id, of: team)?.teamID
        case .session: return nil
        }
    }

    /// Throws the one answer for a foreign channel and for one that nobody owns, so that nobody can
    /// find out which ids exist; where the look-up itself fails, nobody gets in.
    ///
    /// A channel that names another team is refused before anything is looked up: whose it is comes
    /// from a worker, and its word is not enough.
    package func check(
        _ team: TeamID, mayUse channel: ChannelIdentity, _ iteration: Iteration
    ) throws {
        guard channel.teamID ?? team == team else { throw Self.forbidden(channel) }
        // A credential's team exists: no look-up on the way of most publications.
        if channel.kind == .team { return }
        let owner: TeamID?
        do {
            owner = try self.owner(of: channel, iteration)
        } catch let error as StoreError where error.isLocal {
            throw OperationError(
                .channelUnavailable,
                "the owner of \(channel.name) could not be looked up; try again")
        }
        guard owner == team else { throw Self.forbidden(channel) }
    }

    /// The same for any caller; the CLI may use every channel that somebody owns.
    package func check(
        _ caller: Caller, mayUse channel: ChannelIdentity, _ iteration: Iteration
    ) throws {
        switch caller {
        case .anonymous, .agentWorker:
            throw OperationError(.authRequired, "channels need a credential")
        case .run(let author):
            try check(author.team, mayUse: channel, iteration)
        case .principal(let principal):
            try check(principal.teamID, mayUse: channel, iteration)
        case .local:
            guard try owner(of: channel, iteration) != nil else { throw Self.forbidden(channel) }
        }
    }

    /// Whether a caller may read a channel, first by its scopes: without them the answer is the same
    /// for every channel, whoever owns it.
    package func check(
        _ caller: Caller, mayRead channel: ChannelIdentity, _ iteration: Iteration
    ) throws {
        if case .principal(let principal) = caller {
            let scope = Scope.reading(channel.kind)
            if try !runs(principal, channel, iteration) { try principal.require(scope) }
        }
        try check(caller, mayUse: channel, iteration)
    }

    /// An agent outside reads what people say to it.
    private func runs(
        _ principal: Principal, _ channel: ChannelIdentity, _ iteration: Iteration
    ) throws -> Bool {
        guard principal.scopes.contains(.sessionsRun), let session = channel.sessionID else {
            return false
        }
        return try seam().runner(session, iteration) == principal.credentialID
    }

    private static func forbidden(_ channel: ChannelIdentity) -> OperationError {
        OperationError(.channelForbidden, "the channel \(channel.name) is not one of your team's")
    }
}
