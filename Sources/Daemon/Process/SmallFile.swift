import Glibc
import System

/// Reads and replaces small files whole, without Foundation.
///
/// Every call blocks.
public enum SmallFile {
    /// The content, or nil if there is no such file.
    ///
    /// Larger than `maximumBytes` is an error.
    public static func read(
        _ path: String, maximumBytes: Int
    ) throws(SmallFileError) -> [UInt8]? {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            throw SmallFileError(action: "read", path: path, reason: .system(.last))
        }
        defer { close(descriptor) }
        var content: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16_384)
        while true {
            let count = unsafe Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else {
                throw SmallFileError(action: "read", path: path, reason: .system(.last))
            }
            if count == 0 { return content }
            content += chunk[..<count]
            guard content.count <= maximumBytes else {
                throw SmallFileError(
                    action: "read", path: path, reason: .tooLarge(maximumBytes: maximumBytes))
            }
        }
    }

    /// Replaces a file at once: readers see the old content or the new, never a part of it.
    ///
    /// The new file has `mode` from its first byte on, and is on disk when this returns.
    public static func replace(
        _ path: String, with content: [UInt8], mode: UInt32
    ) throws(SmallFileError) {
        let temporary = "\(path).\(getpid()).new"
        // A file left by a process that died here and had our number.
        unsafe unlink(temporary)
        let descriptor = unsafe open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        guard descriptor >= 0 else {
            throw SmallFileError(action: "create", path: temporary, reason: .system(.last))
        }
        let written =
            WholeWrite.write(content, to: descriptor) && fchmod(descriptor, mode) == 0
            && fsync(descriptor) == 0
        let writeError = SystemError.last
        close(descriptor)
        guard written else {
            unsafe unlink(temporary)
            throw SmallFileError(action: "write", path: temporary, reason: .system(writeError))
        }
        guard unsafe rename(temporary, path) == 0 else {
            let renameError = SystemError.last
            unsafe unlink(temporary)
            throw SmallFileError(action: "replace", path: path, reason: .system(renameError))
        }
    }
}

/// What was tried with a file, and why it failed.
public struct SmallFileError: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Reason: Sendable, Equatable {
        case system(SystemError)
        case tooLarge(maximumBytes: Int)
    }

    public let action: String
    public let path: String
    public let reason: Reason

    public var description: String {
        switch reason {
        case .system(let error): "could not \(action) \(path): \(error)"
        case .tooLarge(let maximum): "could not \(action) \(path): it is over \(maximum) bytes"
        }
    }
}
