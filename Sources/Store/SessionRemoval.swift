import Realtime

/// One small step of removing what deleted sessions left, inside of one transaction.
struct SessionRemoval {
    let transaction: StoreTransaction
    let maximumRows: Int

    /// - Returns: whether there is more.
    func run() throws(StoreError) -> Bool {
        let session = try transaction.row(
            "SELECT id FROM sessions INDEXED BY sessions_deleted WHERE is_deleted LIMIT 1"
        ) { (row) throws(StoreError) -> SessionID in try row.identifier() }
        guard let session else { return false }
        for table in ["messages", "transcript"] {
            try transaction.execute(
                """
                DELETE FROM \(table) WHERE session_id = ?1 AND sequence IN (
                    SELECT sequence FROM \(table) WHERE session_id = ?1 ORDER BY sequence LIMIT ?2)
                """, [session.text, maximumRows])
            if transaction.changes > 0 { return true }
        }
        try transaction.execute("DELETE FROM sessions WHERE id = ?", [session.text])
        return true
    }
}
