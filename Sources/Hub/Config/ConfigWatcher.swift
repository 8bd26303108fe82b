import Daemon
import EventLoop
import Glibc
import Logging
import Protocol
import System

/// Sees edits of the two files: written in place, renamed over, in a directory that is made later or
/// replaced as a whole, behind links that lead to them or are pointed elsewhere.
///
/// Watches the folders of ``FileTrail`` and the files themselves. Some time after a change, so that an editor's several writes are one edit, it watches anew and then has both files
/// read on the files thread: so no change falls between.
package final class ConfigWatcher {
    private let core: HubCore
    private let loop: EventLoop
    private let submit: (HubTask) -> Void
    private let silence: Duration
    private var inotify: Inotify?
    private var debounce: Timer?
    private var firstChange: Duration?

    /// Longest wait while changes keep coming: announced within a second all the same.
    private static let longestWait: Duration = .milliseconds(500)

    /// Begins at once.
    package init(loop: EventLoop, core: HubCore, submit: @escaping (HubTask) -> Void) {
        self.loop = loop
        self.core = core
        self.submit = submit
        silence = core.settings.hub.configDebounce
        do throws(InotifyError) {
            inotify = try Inotify(loop: loop) { [weak self] in self?.changed() }
        } catch {
            core.logger.error("\(error)")
        }
        watch()
        changed()
    }

    package func stop() {
        inotify = nil
        debounce?.cancel()
    }

    /// Looks at the files after a moment of silence.
    package func changed() {
        let first = firstChange ?? loop.now
        firstChange = first
        let wait = min(silence, first + max(silence, Self.longestWait) - loop.now)
        debounce?.cancel()
        debounce = loop.schedule(after: max(.zero, wait)) { [weak self] in self?.look() }
    }

    private func look() {
        firstChange = nil
        watch()
        submit(HubTask("configuration changed") { [core] _ in core.lookAtFiles() })
    }

    /// Every folder on the ways to the two files, anew: a link may lead elsewhere by now.
    private func watch() {
        guard let inotify else { return }
        inotify.forgetAll()
        let trails = trails
        for folder in Set(trails.flatMap(\.folders)) {
            guard let failure = inotify.watch(folder), failure.number != ENOENT,
                failure.number != ENOTDIR
            else { continue }
            core.logger.warning(
                "a directory of the configuration cannot be watched",
                metadata: ["path": "\(folder)", "reason": "\(failure)"])
        }
        for trail in trails { inotify.watchFile(trail.target) }
        // A way that changed while it was looked at: then there is something to see.
        if self.trails != trails { changed() }
    }

    private var trails: [FileTrail] {
        WatchedFile.allCases.map { FileTrail(of: "\(core.paths.configDirectory)/\($0.fileName)") }
    }
}
