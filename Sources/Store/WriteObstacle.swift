import GRDB

/// What keeps a database from being written while it can still be read: it may go by itself.
public enum WriteObstacle: String, Sendable, CaseIterable {
    /// The disk, the quota or the file's limit is used up, or the device takes no more.
    case noSpace = "no_space"
    /// The file system is mounted read-only, or the file may not be written.
    case readOnly = "read_only"
    /// Another program holds the database's lock.
    case locked
}

extension StoreError {
    /// Nil where nothing is known to be sound any more: a damaged file, a failed `fsync`.
    public var obstacle: WriteObstacle? {
        guard case .failed(_, _, let code) = self else { return nil }
        let result = ResultCode(rawValue: code)
        switch result {
        // What SQLite says where the file could not be made longer for another reason than `ENOSPC`.
        case .SQLITE_IOERR_WRITE, .SQLITE_IOERR_SHMSIZE, .SQLITE_IOERR_TRUNCATE: return .noSpace
        default: break
        }
        switch result.primaryResultCode {
        case .SQLITE_FULL: return .noSpace
        case .SQLITE_READONLY: return .readOnly
        case .SQLITE_BUSY, .SQLITE_LOCKED: return .locked
        default: return nil
        }
    }
}
