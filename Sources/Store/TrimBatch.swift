import Realtime

/// One small step of trimming one channel, inside of one transaction.
struct TrimBatch {
    struct Outcome {
        /// Nil where nothing was removed, or where the channel is nobody's any more.
        let trimmed: Maintenance.Trimmed?
        let hasMore: Bool
    }

    private struct Channel {
        let name: ChannelIdentity?
        let epoch: Epoch
        let head: Offset
        let oldest: Offset
        let totalBytes: Int64
        let trimmedBytes: Int64
    }

    private struct Entry {
        let offset: Offset
        let time: Timestamp
        let bytesThrough: Int64
    }

    private let transaction: StoreTransaction
    private let number: Int64
    private let limits: Maintenance.HistoryLimits
    private let maximumRows: Int

    init(
        _ transaction: StoreTransaction, _ number: Int64, _ limits: Maintenance.HistoryLimits,
        maximumRows: Int
    ) {
        self.transaction = transaction
        self.number = number
        self.limits = limits
        self.maximumRows = maximumRows
    }

    func run() throws(StoreError) -> Outcome {
        guard let channel = try readChannel() else { return Outcome(trimmed: nil, hasMore: false) }
        let entries = try oldestEntries()
        let removable = prefixToRemove(entries, of: channel)
        guard let last = removable.last else {
            if channel.name == nil { try removeChannel() }
            return Outcome(trimmed: nil, hasMore: false)
        }
        try remove(through: last, next: entries.dropFirst(removable.count).first)
        let trimmed = channel.name.map {
            Maintenance.Trimmed(
                channel: $0, epoch: channel.epoch, oldestKept: last.offset + 1,
                count: removable.count)
        }
        return Outcome(
            trimmed: trimmed, hasMore: removable.count == maximumRows || channel.name == nil)
    }

    private func readChannel() throws(StoreError) -> Channel? {
        try transaction.row(
            """
            SELECT name, epoch, head, oldest, total_bytes, trimmed_bytes
            FROM channels WHERE number = ?
            """, [number]
        ) { (row) throws(StoreError) in
            Channel(
                name: try row.optionalChannel(), epoch: try row.identifier(),
                head: try row.integer(), oldest: try row.integer(),
                totalBytes: try row.integer(), trimmedBytes: try row.integer())
        }
    }

    /// One more than may be removed, to know the time of the one that then is the oldest.
    private func oldestEntries() throws(StoreError) -> [Entry] {
        try transaction.rows(
            """
            SELECT offset, time, bytes_through FROM publications
            WHERE channel = ? ORDER BY offset LIMIT ?
            """, [number, maximumRows + 1]
        ) { (row) throws(StoreError) in
            Entry(
                offset: try row.integer(), time: try row.time(), bytesThrough: try row.integer())
        }
    }

    private func prefixToRemove(_ entries: [Entry], of channel: Channel) -> [Entry] {
        var removable: [Entry] = []
        var bytesBefore = channel.trimmedBytes
        for entry in entries.prefix(maximumRows) {
            let isOver =
                channel.name == nil
                || channel.head - entry.offset >= Int64(limits.count)
                || channel.totalBytes - bytesBefore > Int64(limits.bytes)
                || entry.time < limits.oldest
            guard isOver else { break }
            removable.append(entry)
            bytesBefore = entry.bytesThrough
        }
        return removable
    }

    private func remove(through last: Entry, next: Entry?) throws(StoreError) {
        try transaction.execute(
            "DELETE FROM publications WHERE channel = ? AND offset <= ?", [number, last.offset])
        try transaction.execute(
            "DELETE FROM event_ids WHERE channel = ? AND offset <= ?", [number, last.offset])
        try transaction.execute(
            """
            UPDATE channels SET oldest = ?, trimmed_bytes = ?, oldest_time = ? WHERE number = ?
            """, [last.offset + 1, last.bytesThrough, next?.time.milliseconds, number])
    }

    private func removeChannel() throws(StoreError) {
        try transaction.keepSequence(ofChannel: number)
        try transaction.execute("DELETE FROM channels WHERE number = ?", [number])
    }
}
