import Daemon
import EventLoop
import Glibc
import Logging
import Protocol
import System

/// Sees edits of the two files: written in place, renamed over, in a directory that is made later or
/// replaced as a whole.
///
/// Watches the directory and its parent, or the nearest ancestor that exists. Some time after a
/// change, so that an editor's several writes are one edit, it watches anew and then has both files
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

    /// From the directory upwards to the first one that exists, and its parent.
    private func watch() {
        guard let inotify else { return }
        inotify.forgetAll()
        var path = core.paths.configDirectory
        while let failure = inotify.watch(path) {
            guard path != "/" else { return }
            if failure.number != ENOENT && failure.number != ENOTDIR {
                core.logger.warning(
                    "a directory of the configuration cannot be watched",
                    metadata: ["path": "\(path)", "reason": "\(failure)"])
            }
            path = Self.parent(of: path)
        }
        // Made between the failed watch and that of its parent: then there is something to see.
        if path != core.paths.configDirectory, unsafe access(core.paths.configDirectory, F_OK) == 0
        {
            changed()
        }
        if path != "/" { _ = inotify.watch(Self.parent(of: path)) }
    }

    private static func parent(of path: String) -> String {
        let parts = path.split(separator: "/").dropLast()
        return "/" + parts.joined(separator: "/")
    }
}
