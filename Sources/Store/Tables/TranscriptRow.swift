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
    /// Of all entries' content, with 256 for each.
    public let bytes: Int64
    /// Tool results through this place were shortened.
    public let shortened: Int64
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
            try removeTranscript(of: session, from: 1, before: size.lastSequence + 1)
        }
        try execute(
            """
            INSERT INTO transcript (session_id, sequence, role, is_summary, total_bytes, content)
            VALUES (?, ?, ?, ?, 0, ?)
            """,
            [
                session.text, size.lastSequence + 1, entry.role.rawValue, entry.isSummary,
                Data(entry.content),
            ])
    }

    public func transcriptSize(of session: SessionID) throws(StoreError) -> TranscriptSize {
        try row(
            """
            SELECT transcript_bytes, transcript_shortened,
                (SELECT max(sequence) FROM transcript WHERE session_id = ?1)
            FROM sessions WHERE id = ?1
            """, [session.text]
        ) { (row) throws(StoreError) in
            let (bytes, shortened) = (try row.integer(), try row.integer())
            return TranscriptSize(
                lastSequence: try row.optionalInteger() ?? 0, bytes: bytes, shortened: shortened)
        } ?? TranscriptSize(lastSequence: 0, bytes: 0, shortened: 0)
    }

    /// The next entry behind a place.
    public func transcriptRow(
        of session: SessionID, after sequence: Int64
    ) throws(StoreError) -> TranscriptRow? {
        try row(
            """
            SELECT sequence, role, is_summary, content FROM transcript
            WHERE session_id = ? AND sequence > ? ORDER BY sequence LIMIT 1
            """, [session.text, sequence], TranscriptRow.init)
    }

    public func replaceTranscript(
        of session: SessionID, at sequence: Int64, with content: [UInt8]
    ) throws(StoreError) {
        try execute(
            "UPDATE transcript SET content = ? WHERE session_id = ? AND sequence = ?",
            [Data(content), session.text, sequence])
    }

    /// Everything from one place on, up to another.
    public func removeTranscript(
        of session: SessionID, from first: Int64, before end: Int64
    ) throws(StoreError) {
        try execute(
            "DELETE FROM transcript WHERE session_id = ? AND sequence >= ? AND sequence < ?",
            [session.text, first, end])
    }

    public func setTranscriptShortened(
        of session: SessionID, through sequence: Int64
    ) throws(StoreError) {
        try execute(
            "UPDATE sessions SET transcript_shortened = ? WHERE id = ?", [sequence, session.text])
    }

    /// Oldest first, behind a place, until `maximumBytes` of content are reached; at least one.
    public func transcript(
        of session: SessionID, after sequence: Int64, maximumBytes: Int
    ) throws(StoreError) -> RowBatch<TranscriptRow> {
        try batch(
            """
            SELECT sequence, role, is_summary, content FROM transcript
            WHERE session_id = ? AND sequence > ? ORDER BY sequence
            """, [session.text, sequence], limit: .max, maximumBytes: maximumBytes,
            TranscriptRow.init)
    }
}
