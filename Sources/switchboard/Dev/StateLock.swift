import Glibc
import System

/// Holds a state directory for one `switchboard dev` at a time.
///
/// The kernel lets go of it when the process ends, however it ends; children do not inherit it.
final class StateLock {
    private let descriptor: Int32

    init(_ path: String) throws(CommandFailure) {
        let opened = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard opened >= 0 else {
            throw CommandFailure("could not open \(path): \(SystemError.last)")
        }
        guard flock(opened, LOCK_EX | LOCK_NB) == 0 else {
            var text = [UInt8](repeating: 0, count: 16)
            let count = unsafe read(opened, &text, text.count)
            close(opened)
            let pid = String(decoding: text.prefix(max(0, count)), as: UTF8.self)
            throw CommandFailure(
                """
                another `switchboard dev` (pid \(pid)) runs on \(FileSystem.directory(of: path)); \
                stop it first, or name another directory with --state
                """)
        }
        descriptor = opened
        let text = Array("\(getpid())".utf8)
        // Only for the message above: without it the lock holds all the same.
        _ = ftruncate(descriptor, 0)
        _ = unsafe write(descriptor, text, text.count)
    }

    deinit { close(descriptor) }
}
