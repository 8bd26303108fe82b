import Glibc

/// Room on file systems.
public enum FreeSpace {
    /// Bytes that an ordinary user may still write where `path` is (`statvfs(3)`); nil where it
    /// cannot be asked.
    public static func bytes(at path: String) -> Int64? {
        var status = statvfs()
        guard unsafe statvfs(path, &status) == 0 else { return nil }
        let blocks = Int64(clamping: status.f_bavail)
        let (bytes, isTooMuch) = blocks.multipliedReportingOverflow(
            by: Int64(clamping: status.f_frsize))
        return isTooMuch ? .max : bytes
    }

    /// Of a file; 0 where there is none.
    public static func size(of path: String) -> Int64 {
        var status = stat()
        return unsafe stat(path, &status) == 0 ? Int64(status.st_size) : 0
    }
}
