import Daemon
import Logging
import Protocol
import Realtime
import System
import Tools

/// Folders of sessions that are deleted.
extension AgentWorker {
    /// The hub says which sessions are gone; of those only that lie there unused for a week: after a
    /// restored backup it knows less than there was.
    private static let unusedSeconds = 7 * 86_400
    /// In one message; the others are asked for at the next start.
    private static let maximumAsked = 10_000

    /// Once its run is gone, which writes into them.
    func deleted(_ session: SessionID) {
        deletedSessions.insert(session)
        if runs[session] == nil { removeFolders(of: session) }
    }

    /// - Parameter session: nobody writes into its folders any more.
    func removeFolders(of session: SessionID) {
        guard deletedSessions.remove(session) != nil else { return }
        let paths = folders.folders(of: session)
        do {
            removals[session] = try FolderRemoval(paths, on: loop) { [weak self] failure in
                self?.removals[session] = nil
                guard let failure else { return }
                self?.noteKept(session, failure)
            }
        } catch {
            noteKept(session, "\(error)")
        }
    }

    /// Asks the hub which of the sessions with folders are deleted: some went while no worker was there.
    ///
    /// Blocks for a look at each folder; once, before there are runs.
    func askForDeleted() {
        guard !hasAskedForDeleted else { return }
        hasAskedForDeleted = true
        let moment = Int(WallClock.milliseconds / 1_000) - Self.unusedSeconds
        let sessions = folders.unusedSince(moment).prefix(Self.maximumAsked)
        if !sessions.isEmpty { link.tell(.kept(Array(sessions))) }
    }

    private func noteKept(_ session: SessionID, _ reason: String) {
        log.warning(
            "folders of a deleted session could not be removed; it is tried again at the next start",
            metadata: ["session": "\(session)", "reason": "\(reason)"])
    }
}
