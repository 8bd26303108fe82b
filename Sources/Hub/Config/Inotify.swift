import EventLoop
import Glibc
import System

/// Tells of changes in directories (inotify(7)); which change it was does not matter.
///
/// Confined to the loop's thread.
final class Inotify {
    private let descriptor: Int32
    private var watcher: DescriptorWatcher?
    private var watches: [Int32] = []

    /// `changed` is called for anything that was created, written to its end, renamed or removed.
    ///
    /// Throws where the user has no inotify instance left (`fs.inotify.max_user_instances`).
    init(loop: EventLoop, changed: @escaping () -> Void) throws(InotifyError) {
        descriptor = inotify_init1(Int32(IN_NONBLOCK | IN_CLOEXEC))
        guard descriptor >= 0 else { throw InotifyError(reason: .last) }
        watcher = loop.watch(descriptor, .read) { [weak self] _ in
            if self?.drain() == true { changed() }
        }
    }

    deinit {
        watcher?.cancel()
        close(descriptor)
    }

    /// Watches a directory from now on; says why where that cannot be.
    func watch(_ directory: String) -> SystemError? {
        let watch = unsafe inotify_add_watch(descriptor, directory, Self.mask)
        guard watch >= 0 else { return .last }
        watches.append(watch)
        return nil
    }

    /// Watches a file's content under whatever name it is written: a hard link, a mount.
    func watchFile(_ path: String) {
        let mask = UInt32(IN_CLOSE_WRITE) | UInt32(IN_ATTRIB)
        let watch = unsafe inotify_add_watch(descriptor, path, mask)
        // Without one there is no file yet: its folder tells.
        if watch >= 0 { watches.append(watch) }
    }

    /// Ends every watch, also those of directories that have moved away.
    func forgetAll() {
        for watch in watches { _ = inotify_rm_watch(descriptor, watch) }
        watches = []
    }

    private static let mask =
        UInt32(IN_CLOSE_WRITE) | UInt32(IN_CREATE) | UInt32(IN_DELETE) | UInt32(IN_MOVED_FROM)
        | UInt32(IN_MOVED_TO) | UInt32(IN_DELETE_SELF) | UInt32(IN_MOVE_SELF)
        | UInt32(IN_ATTRIB) | UInt32(IN_ONLYDIR)

    /// Reads every event; whether one of them was a change, not only the end of a watch.
    private func drain() -> Bool {
        var isChanged = false
        var buffer = [UInt8](repeating: 0, count: 16_384)
        while true {
            let count = unsafe read(descriptor, &buffer, buffer.count)
            guard count > 0 else { return isChanged }
            isChanged = Self.hasChange(buffer[..<count]) || isChanged
        }
    }

    /// Walks over `struct inotify_event`: int wd, u32 mask, cookie and len, then len bytes of name.
    private static func hasChange(_ events: ArraySlice<UInt8>) -> Bool {
        let header = 16
        var start = events.startIndex
        while start + header <= events.endIndex {
            if word(events, start + 4) & UInt32(IN_IGNORED) == 0 { return true }
            start += header + Int(word(events, start + 12))
        }
        return false
    }

    private static func word(_ bytes: ArraySlice<UInt8>, _ index: Int) -> UInt32 {
        UInt32(bytes[index]) | UInt32(bytes[index + 1]) << 8 | UInt32(bytes[index + 2]) << 16
            | UInt32(bytes[index + 3]) << 24
    }
}

/// Why nothing can be watched.
struct InotifyError: Error, CustomStringConvertible {
    let reason: SystemError

    var description: String {
        "could not watch the configuration: \(reason); raise"
            + " fs.inotify.max_user_instances, or edits are taken over at the next start only"
    }
}
