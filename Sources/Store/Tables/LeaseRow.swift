import GRDB
import Protocol
import Realtime

/// Who runs a session, or ran it last: the record behind `SessionLease`.
///
/// It stays after the run, so that the generation goes on and a last report that is sent again is
/// known.
public struct LeaseRow: Sendable, Equatable {
    /// The raw value is the column's.
    public enum State: String, Sendable, CaseIterable {
        case held
        /// Somebody wanted the run to stop; it is held all the same.
        case stopping
        case ended
    }

    public let sessionID: SessionID
    public let teamID: TeamID
    public var generation: Int64
    public var state: State
    /// The highest number of a report that is stored; 0 before the first.
    public var lastReport: Int64
    /// What the session had cost before this run.
    public var usageBefore: TokenUsage?
    public let grantedAt: Timestamp
    /// When it ends, unless its worker comes back; nil unless the hub began without it.
    public var expiresAt: Timestamp?

    /// A new lease.
    public init(
        sessionID: SessionID, teamID: TeamID, generation: Int64, usageBefore: TokenUsage?,
        grantedAt: Timestamp
    ) {
        self.sessionID = sessionID
        self.teamID = teamID
        self.generation = generation
        self.state = .held
        self.lastReport = 0
        self.usageBefore = usageBefore
        self.grantedAt = grantedAt
    }

    static let columns = """
        session_id, team_id, generation, state, last_report, usage_before, granted_at, expires_at
        """

    init(_ row: inout RowReader) throws(StoreError) {
        sessionID = try row.identifier()
        teamID = try row.identifier()
        generation = try row.integer()
        state = try row.word()
        lastReport = try row.integer()
        usageBefore = try row.usage()
        grantedAt = try row.time()
        expiresAt = try row.optionalTime()
    }
}

extension StoreTransaction {
    /// Adds or replaces a session's lease.
    public func put(_ lease: LeaseRow) throws(StoreError) {
        try execute(
            "INSERT OR REPLACE INTO leases (\(LeaseRow.columns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [
                lease.sessionID.text, lease.teamID.text, lease.generation, lease.state.rawValue,
                lease.lastReport, lease.usageBefore?.stored, lease.grantedAt.milliseconds,
                lease.expiresAt?.milliseconds,
            ])
    }

    /// Held or ended; nil where no worker has run the session yet.
    public func lease(of session: SessionID) throws(StoreError) -> LeaseRow? {
        try row(
            "SELECT \(LeaseRow.columns) FROM leases WHERE session_id = ?", [session.text],
            LeaseRow.init)
    }

    /// Those that have not ended, of every team.
    public func openLeases() throws(StoreError) -> [LeaseRow] {
        try rows(
            """
            SELECT \(LeaseRow.columns) FROM leases WHERE state <> 'ended' ORDER BY session_id
            """, [], LeaseRow.init)
    }

    /// The worker of a session's run may come back until then, or (nil) has come back.
    public func setExpiry(_ moment: Timestamp?, of session: SessionID) throws(StoreError) {
        try execute(
            "UPDATE leases SET expires_at = ? WHERE session_id = ? AND state <> 'ended'",
            [moment?.milliseconds, session.text])
    }

    /// A report is stored.
    ///
    /// One of a lease that is over changes nothing.
    public func noteReport(_ number: Int64, under lease: SessionLease) throws(StoreError) {
        try execute(
            """
            UPDATE leases SET last_report = MAX(last_report, ?)
            WHERE session_id = ? AND generation = ?
            """, [number, lease.session.text, lease.generation])
    }
}
