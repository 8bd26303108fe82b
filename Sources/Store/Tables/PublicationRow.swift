import FoundationEssentials
import GRDB
import Realtime

/// A publication as history keeps it: its number and its ready text.
public struct PublicationRow: Sendable, Equatable {
    public let offset: Offset
    public let text: [UInt8]
}

extension StoreTransaction {
    /// Adds one publication.
    ///
    /// - Parameters:
    ///   - channel: ``ChannelRow/number``.
    ///   - producersEventIDs: those that a producer chose and may repeat.
    ///   - bytesThrough: the channel's total with this one.
    public func insertPublication(
        _ publication: Publication, in channel: Int64, producersEventIDs: [EventID],
        bytesThrough: Int64, time: Timestamp
    ) throws(StoreError) {
        try execute(
            """
            INSERT INTO publications (channel, offset, time, bytes_through, body)
            VALUES (?, ?, ?, ?, ?)
            """,
            [
                channel, publication.offset, time.milliseconds, bytesThrough,
                Data(publication.text),
            ])
        for event in producersEventIDs {
            try execute(
                "INSERT INTO event_ids (channel, event_id, offset) VALUES (?, ?, ?)",
                [channel, event.text, publication.offset])
        }
    }

    /// Where a producer's event id stands in the channel, while its publication is kept.
    public func offset(of event: EventID, in channel: Int64) throws(StoreError) -> Offset? {
        try row(
            "SELECT offset FROM event_ids WHERE channel = ? AND event_id = ?",
            [channel, event.text]
        ) { (row) throws(StoreError) in try row.integer() }
    }

    /// Publications after an offset, oldest first, until a limit is reached; at least one where there
    /// is one.
    ///
    /// - Parameter last: none after this one.
    public func publications(
        in channel: Int64, after offset: Offset, through last: Offset = .max, maximumBytes: Int,
        maximumCount: Int
    ) throws(StoreError) -> RowBatch<PublicationRow> {
        try batch(
            """
            SELECT offset, body FROM publications
            WHERE channel = ? AND offset > ? AND offset <= ? ORDER BY offset LIMIT ?
            """, [channel, offset, last, maximumCount + 1], limit: maximumCount,
            maximumBytes: maximumBytes, PublicationRow.init)
    }

    /// The latest publications, oldest first, as many as fit into the limits; at least one where
    /// there is one.
    public func latestPublications(
        in channel: Int64, maximumBytes: Int, maximumCount: Int
    ) throws(StoreError) -> [PublicationRow] {
        try batch(
            "SELECT offset, body FROM publications WHERE channel = ? ORDER BY offset DESC LIMIT ?",
            [channel, maximumCount], limit: maximumCount, maximumBytes: maximumBytes,
            PublicationRow.init
        ).rows.reversed()
    }
}

extension PublicationRow {
    init(_ row: inout RowReader) throws(StoreError) {
        self.init(offset: try row.integer(), text: try row.bytes())
    }
}
