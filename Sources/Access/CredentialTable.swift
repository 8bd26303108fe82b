import Crypto
import Protocol
import Realtime

/// What a worker knows of credentials: the table that the hub pushes, by public id.
///
/// It decides nothing before it is complete, and nothing while the hub is away: whoever asks then
/// must refuse. Its rows stay over a loss of the hub, so that the next complete table tells what
/// ended in between.
public struct CredentialTable: Sendable {
    private var rows: [CredentialID: Credential] = [:]
    /// The rows of a table that is still coming in.
    private var arriving: [CredentialID: Credential]?

    /// Whether the rows are the hub's, as of now.
    public private(set) var isCurrent = false

    /// Empty and not current.
    public init() {}

    /// How many credentials it holds.
    public var count: Int { rows.count }

    /// The hub is away: what it decided since is unknown.
    public mutating func hubWasLost() {
        isCurrent = false
        arriving = nil
    }

    /// Takes over a change, or the next part of the whole table.
    ///
    /// - Returns: the credentials that ended, by the hub's word, by being missing in a new table, by
    ///   having moved to another team or by having lost a scope; what is open in their names must be
    ///   closed.
    public mutating func apply(_ update: CredentialUpdate) -> [CredentialUpdate.Removal] {
        if update.isReset { arriving = [:] }
        guard var table = arriving else { return change(update) }
        for credential in update.changed { table[credential.id] = credential }
        for removal in update.removed { table[removal.id] = nil }
        guard update.isComplete else {
            arriving = table
            return []
        }
        arriving = nil
        isCurrent = true
        let ended = rows.values.compactMap { Self.end(of: $0, in: table) }
        rows = table
        return ended.sorted { $0.id < $1.id }
    }

    /// The credential with this public id, whether or not it is expired.
    public subscript(id: CredentialID) -> Credential? { rows[id] }

    private mutating func change(_ update: CredentialUpdate) -> [CredentialUpdate.Removal] {
        var ended: [CredentialUpdate.Removal] = []
        for credential in update.changed {
            if let old = rows[credential.id], let end = Self.end(of: old, in: [old.id: credential])
            {
                ended.append(end)
            }
            rows[credential.id] = credential
        }
        for removal in update.removed {
            rows[removal.id] = nil
            ended.append(removal)
        }
        return ended
    }

    /// What a holder of `old` is told if `table` replaces it; nil if it goes on.
    private static func end(
        of old: Credential, in table: [CredentialID: Credential]
    ) -> CredentialUpdate.Removal? {
        guard let new = table[old.id], new.digest == old.digest else {
            return CredentialUpdate.Removal(id: old.id, closeCode: .credentialEnded)
        }
        guard new.teamID == old.teamID, new.scopes.isSuperset(of: old.scopes) else {
            return CredentialUpdate.Removal(id: old.id, closeCode: .permissionWithdrawn)
        }
        return nil
    }
}
