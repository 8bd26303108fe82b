/// The limits of sessions that nobody has a reason to change, each with its own.
///
/// Those that admins change are in `Daemon.HubSettings`.
package enum SessionLimits {
    /// 96 KiB for a person's message: its publication stays below `maximumPublicationBytes`.
    package static let maximumMessageBytes = 96 * 1_024
    /// 128 KiB for one delta: several may be merged, and escapes double it.
    package static let maximumDeltaBytes = 128 * 1_024
    /// 1 KiB for names and short lines of agents.
    package static let maximumLabelBytes = 1_024
    /// 20 messages wait for a running turn: more is a client that doesn't listen.
    package static let maximumQueuedMessages = 20
    /// 100 messages wait for an agent worker that has not come: nobody has looked for long.
    package static let maximumWaitingMessages = 100
    /// 12 MiB of conversation a session, which the model is shown: a worker reads 16 MiB.
    package static let maximumTranscriptBytes: Int64 = 12 << 20
    /// 4 KiB of each queued message in a snapshot; REST has all of it.
    package static let maximumQueuedPreviewBytes = 4 * 1_024
    /// 192 KiB of questions, 96 KiB of tools and 64 KiB of queued messages in a snapshot: with 64 KiB
    /// of text, which escapes can make six times as long, and a page of recovered publications it
    /// stays below an outbound queue.
    package static let snapshotPermissionBytes = 192 * 1_024
    package static let snapshotToolBytes = 96 * 1_024
    package static let snapshotQueueBytes = 64 * 1_024
    /// 8 KiB for what a person has to read before allowing it.
    package static let maximumCommandBytes = 8 * 1_024
    /// 2 KiB for the reason.
    package static let maximumDescriptionBytes = 2 * 1_024
    /// A week, as in the settings: a question that waits longer says so with null.
    package static let permissionTimeoutMilliseconds: ClosedRange<Int64> = 100...604_800_000
    /// 20,000 sessions are compared with a filter for one page, which ends there, if need be without
    /// an item: some 20 ms.
    package static let maximumLookedAt = 20_000
    /// 5,000 sessions in memory; beyond that all are dropped, and each is read again when needed.
    package static let maximumLiveSessions = 5_000
    /// 500 publications are read back to know what a session was doing before a restart.
    package static let maximumReplayed = 500
    /// 1 MiB of them: on the loop, so that a session that streams long texts holds up nobody.
    package static let maximumReplayedBytes = 1 << 20
}
