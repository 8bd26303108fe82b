import Glibc
import System

/// Keeps a second hub away from the same database (`flock(2)` on a file beside it); the kernel lets
/// go of it when the process dies, however it dies.
final class StoreLock {
    private let descriptor: Int32

    init(database path: String) throws(StoreError) {
        let lockPath = "\(path).lock"
        descriptor = unsafe open(lockPath, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .unusable(path: lockPath, .last) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let error = SystemError.last
            close(descriptor)
            throw error.number == EWOULDBLOCK
                ? .inUse(path: path) : .unusable(path: lockPath, error)
        }
    }

    deinit {
        // Closing alone lets go only when no child that is about to `exec` has a copy.
        flock(descriptor, LOCK_UN)
        close(descriptor)
    }
}
