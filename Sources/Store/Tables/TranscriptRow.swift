import FoundationEssentials
import GRDB
import Protocol
import Realtime

/// An entry of a session's conversation at its place.
public struct TranscriptRow: Sendable, Equatable {
    public let sequence: Int64
    public let entry: TranscriptEntry

    init(_ row: inout RowReader) throws(StoreError) {
        sequence = try row.integer()
        entry = TranscriptEntry(
            role: try row.word(), isSummary: try row.flag(), content: try row.bytes())
    }
}

/// How much of a conversation is kept for the model.
public struct TranscriptSize: Sendable, Equatable {
    /// The place of its last entry; 0 where there is none.
    public let lastSequence: Int64
    /// Of all entries' content.
    public let bytes: Int64
}

extension StoreTransaction {
    /// Adds an entry at the end; a summary removes what it stands for.
    ///
    /// The messages that people read are other rows and stay.
    public func append(
        _ entry: TranscriptEntry, to session: SessionID
    ) throws(StoreError) {
        let size = try transcriptSize(of: session)
        if entry.isSummary {
            try execute("DELETE FROM transcript WHERE session_id = ?", [session.text])
        }
        let before = entry.isSummary ? 0 : size.bytes
        try execute(
            """
            INSERT INTO transcript (session_id, sequence, role, is_summary, total_bytes, content)
            VALUES (?, ?, ?, ?, ?, ?)
            """,
            [
                session.text, size.lastSequence + 1, entry.role.rawValue, entry.isSummary,
                before + Int64(entry.content.count), Data(entry.content),
            ])
    }

    public func transcriptSize(of session: SessionID) throws(StoreError) -> TranscriptSize {
        try row(
            """
            SELECT sequence, total_bytes FROM transcript WHERE session_id = ?
            ORDER BY sequence DESC LIMIT 1
            """, [session.text]
        ) { (row) throws(StoreError) in
            TranscriptSize(lastSequence: try row.integer(), bytes: try row.integer())
        } ?? TranscriptSize(lastSequence: 0, bytes: 0)
    }

    /// Oldest first, behind a place, until `maximumBytes` of content are reached; at least one.
    public func transcript(
        of session: SessionID, after sequence: Int64, maximumBytes: Int
    ) throws(StoreError) -> [TranscriptRow] {
        var bytes = 0
        return try rows(
            """
            SELECT sequence, role, is_summary, content FROM transcript
            WHERE session_id = ? AND sequence > ? ORDER BY sequence
            """, [session.text, sequence]
        ) { (row) throws(StoreError) -> TranscriptRow? in
            guard bytes < maximumBytes else { return nil }
            let next = try TranscriptRow(&row)
            bytes += next.entry.content.count
            return bytes <= maximumBytes || bytes == next.entry.content.count ? next : nil
        }
    }
}
