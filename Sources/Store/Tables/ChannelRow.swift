import Realtime

/// What the database knows of one channel's numbering.
public struct ChannelRow: Sendable, Equatable {
    /// The channel's key in `publications`, for this epoch only.
    public let number: Int64
    public let epoch: Epoch
    public let head: Offset
    /// `head + 1` when nothing is kept.
    public let oldestKept: Offset
    /// Of every publication of this epoch, also of those that are gone.
    public let totalBytes: Int64

    static let columns = "number, epoch, head, oldest, total_bytes"

    init(_ row: inout RowReader) throws(StoreError) {
        number = try row.integer()
        epoch = try row.identifier()
        head = try row.integer()
        oldestKept = try row.integer()
        totalBytes = try row.integer()
    }
}

extension StoreTransaction {
    public func channel(_ identity: ChannelIdentity) throws(StoreError) -> ChannelRow? {
        try row(
            "SELECT \(ChannelRow.columns) FROM channels WHERE name = ?", [identity.description],
            ChannelRow.init)
    }

    /// Begins the numbering of a channel that is not on record.
    public func insertChannel(
        _ identity: ChannelIdentity, epoch: Epoch
    ) throws(StoreError) -> ChannelRow {
        try execute(
            "INSERT INTO channels (name, epoch) VALUES (?, ?)", [identity.description, epoch.text])
        guard let row = try channel(identity) else {
            throw .constraint("reading back a new channel", reason: "it is not there")
        }
        return row
    }

    /// Saves what publishing changed; once per channel and transaction.
    ///
    /// - Parameter sequence: of this commit among those with publications.
    public func updateChannel(
        _ number: Int64, head: Offset, totalBytes: Int64, time: Timestamp, sequence: Int64
    ) throws(StoreError) {
        try execute(
            """
            UPDATE channels SET head = ?, total_bytes = ?,
                oldest_time = coalesce(oldest_time, ?), committed = ?
            WHERE number = ?
            """, [head, totalBytes, time.milliseconds, sequence, number])
    }

    /// Ends an epoch: nothing of its history is found any more, and the maintenance thread removes
    /// it.
    ///
    /// Costs the same for any length of history.
    public func retireChannel(_ identity: ChannelIdentity) throws(StoreError) {
        try execute("UPDATE channels SET name = NULL WHERE name = ?", [identity.description])
    }
}
