import Protocol
import Realtime
import Store

/// A read that leaves the loop: what was decided there, and what is left to do on the read-only
/// connection of the reading thread.
package struct HeavyRead: Sendable {
    /// Who takes turns on the thread.
    enum Share: Hashable {
        case commandLine
        case lists(TeamID)
        /// Conversations, without which the team's runs cannot go on; not counted with its lists.
        case runs(TeamID)
    }

    /// Whose turn it takes.
    let share: Share
    /// Gives the answer as JSON text.
    let body: @Sendable (StoreTransaction) throws -> [UInt8]

    init(
        _ share: Share, _ body: @escaping @Sendable (StoreTransaction) throws -> [UInt8]
    ) {
        self.share = share
        self.body = body
    }

    /// - Parameter team: nil is the command line's, for all of them.
    init(
        for team: TeamID?, _ body: @escaping @Sendable (StoreTransaction) throws -> [UInt8]
    ) {
        self.init(team.map { .lists($0) } ?? .commandLine, body)
    }
}
