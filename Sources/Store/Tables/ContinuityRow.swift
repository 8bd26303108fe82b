import Realtime

/// Which database this is, and how many commits with publications it has seen.
public struct ContinuityRow: Sendable, Equatable {
    public let identity: String
    public let sequence: Int64

    public init(identity: String, sequence: Int64) {
        self.identity = identity
        self.sequence = sequence
    }
}

extension StoreTransaction {
    /// Looks at every channel: for the start.
    public func continuity() throws(StoreError) -> ContinuityRow {
        let row = try row(
            """
            SELECT identity, max(floor, (SELECT coalesce(max(committed), 0) FROM channels))
            FROM continuity
            """
        ) { (row) throws(StoreError) in
            ContinuityRow(identity: try row.text(), sequence: try row.integer())
        }
        guard let row else { throw .constraint("reading the identity", reason: "there is none") }
        return row
    }

    /// No position of before is good any more; history stays, under new epochs.
    ///
    /// - Returns: how many channels there are.
    public func beginNewEpochs(identity: String) throws(StoreError) -> Int {
        try execute(
            """
            UPDATE channels SET epoch = 'e_' || lower(hex(randomblob(16)))
            WHERE name IS NOT NULL
            """)
        let count = changes
        try execute("UPDATE continuity SET identity = ?", [identity])
        return count
    }

    /// For a channel whose record goes, which may be the one that knows of the last commit.
    func keepSequence(ofChannel number: Int64) throws(StoreError) {
        try execute(
            """
            UPDATE continuity
            SET floor = max(floor, (SELECT committed FROM channels WHERE number = ?))
            """, [number])
    }
}
