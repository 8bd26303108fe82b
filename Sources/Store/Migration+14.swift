extension Migration {
    /// When a lease ends that no worker holds at the moment: known to the next hub, which must not
    /// give a dead worker's run a whole lifetime again.
    static let leasesAlone = Migration(
        number: 14, sql: "ALTER TABLE leases ADD COLUMN expires_at INTEGER;")
}
