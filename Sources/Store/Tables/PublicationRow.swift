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

    /// Publications after an offset, oldest first, until one of the limits is reached; at least one
    /// where there is one.
    public func publications(
        in channel: Int64, after offset: Offset, maximumBytes: Int, maximumCount: Int
    ) throws(StoreError) -> [PublicationRow] {
        var bytes = 0
        return try rows(
            """
            SELECT offset, body FROM publications WHERE channel = ? AND offset > ?
            ORDER BY offset LIMIT ?
            """, [channel, offset, maximumCount]
        ) { (row) throws(StoreError) -> PublicationRow? in
            let publication = PublicationRow(offset: try row.integer(), text: try row.bytes())
            defer { bytes += publication.text.count }
            return bytes == 0 || bytes + publication.text.count <= maximumBytes
                ? publication : nil
        }
    }
}
