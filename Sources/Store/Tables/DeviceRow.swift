import Protocol
import Realtime

/// Devices that a person has signed in from, by the digest of what their browsers keep.
extension StoreTransaction {
    public func isDevice(_ digest: String, of user: UserID) throws(StoreError) -> Bool {
        try integer(
            "SELECT count(*) FROM devices WHERE user_id = ? AND digest = ?", [user.text, digest])
            > 0
    }

    /// Remembers a device, and at most `limit` of the person: those used last.
    public func keepDevice(
        _ digest: String, of user: UserID, at time: Timestamp, limit: Int
    ) throws(StoreError) {
        try execute(
            "INSERT OR REPLACE INTO devices (user_id, digest, last_used_at) VALUES (?, ?, ?)",
            [user.text, digest, time.milliseconds])
        try execute(
            """
            DELETE FROM devices WHERE user_id = ?1 AND digest NOT IN (
                SELECT digest FROM devices WHERE user_id = ?1
                ORDER BY last_used_at DESC, digest LIMIT ?2)
            """, [user.text, limit])
    }

    /// Forgets every device of a person but one.
    public func forgetDevices(
        of user: UserID, except digest: String? = nil
    ) throws(StoreError) {
        try execute(
            "DELETE FROM devices WHERE user_id = ? AND digest <> ?", [user.text, digest ?? ""])
    }
}

/// Values of the whole installation.
extension StoreTransaction {
    /// The value under a name, made by `make` when it is first asked for.
    public func installationValue(
        _ name: String, make: () -> String
    ) throws(StoreError) -> String {
        let known = try row("SELECT value FROM installation WHERE name = ?", [name]) {
            (row) throws(StoreError) in try row.text()
        }
        if let known { return known }
        let value = make()
        try execute("INSERT INTO installation (name, value) VALUES (?, ?)", [name, value])
        return value
    }
}
