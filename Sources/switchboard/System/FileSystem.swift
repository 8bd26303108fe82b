import Daemon
import Glibc
import System

/// What the commands need of files and directories, with errors that name the path.
enum FileSystem {
    /// Creates a directory and those above it; one that is there keeps its mode.
    static func makeDirectory(_ path: String, mode: mode_t = 0o700) throws(CommandFailure) {
        guard unsafe mkdir(path, mode) != 0 else { return }
        let error = errno
        if error == EEXIST {
            guard isDirectory(path) else { throw CommandFailure("\(path) is no directory") }
            return
        }
        let parent = directory(of: path)
        guard error == ENOENT, parent != path else {
            throw CommandFailure("could not create the directory \(path): \(SystemError(error))")
        }
        try makeDirectory(parent, mode: mode)
        try makeDirectory(path, mode: mode)
    }

    static func isDirectory(_ path: String) -> Bool { kind(of: path) == S_IFDIR }

    static func isSocket(_ path: String) -> Bool { kind(of: path) == S_IFSOCK }

    static var isRoot: Bool { geteuid() == 0 }

    static func exists(_ path: String) -> Bool { kind(of: path) != nil }

    static func isExecutable(_ path: String) -> Bool {
        guard kind(of: path) == S_IFREG else { return false }
        return unsafe Glibc.access(path, X_OK) == 0
    }

    /// Permission bits and owner, or nil where there is nothing (or it may not be seen).
    static func access(to path: String) -> (mode: mode_t, owner: uid_t)? {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return nil }
        return (status.st_mode & 0o7777, status.st_uid)
    }

    /// Whom it belongs to, with its permission bits; nil where there is nothing, or it may not be seen.
    static func owners(of path: String) -> (user: UnixUser, mode: mode_t)? {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return nil }
        return (UnixUser(uid: status.st_uid, gid: status.st_gid), status.st_mode & 0o7777)
    }

    /// Lets everybody pass through a directory, without letting them read it.
    static func letThrough(_ path: String) throws(CommandFailure) {
        guard let mode = access(to: path)?.mode, unsafe chmod(path, mode | 0o011) == 0 else {
            throw CommandFailure("could not let others through \(path): \(SystemError.last)")
        }
    }

    /// Changes owner, group and mode of a directory.
    static func give(
        _ path: String, to user: UnixUser, mode: mode_t
    ) throws(CommandFailure) {
        guard unsafe chown(path, user.uid, user.gid) == 0, unsafe chmod(path, mode) == 0 else {
            throw CommandFailure("could not give \(path) to \(user): \(SystemError.last)")
        }
    }

    /// The first directory on the way to `path`, itself included, that the user may not enter by its
    /// mode; nil where the way is open.
    static func closedDirectory(on path: String, to user: UnixUser) -> String? {
        var directory = path
        var closed: String?
        while true {
            if !mayEnter(directory, user) { closed = directory }
            guard directory != "/" else { return closed }
            directory = self.directory(of: directory)
        }
    }

    private static func mayEnter(_ directory: String, _ user: UnixUser) -> Bool {
        var status = stat()
        guard unsafe stat(directory, &status) == 0 else { return false }
        let bit: mode_t =
            user.uid == status.st_uid ? 0o100 : user.gid == status.st_gid ? 0o010 : 0o001
        return status.st_mode & bit != 0
    }

    /// In bytes; 0 where there is nothing.
    static func size(of path: String) -> Int64 {
        var status = stat()
        return unsafe stat(path, &status) == 0 ? Int64(status.st_size) : 0
    }

    /// Replaces what has the new name.
    ///
    /// A failure leaves both as they were.
    static func rename(_ path: String, to newPath: String) {
        _ = unsafe Glibc.rename(path, newPath)
    }

    /// Removes a file; one that is not there is as good.
    static func remove(_ path: String) { _ = unsafe unlink(path) }

    /// Removes a directory with everything in it, as far as that is possible.
    static func removeTree(_ path: String) {
        _ = try? Tool.run("/bin/rm", ["-rf", "--one-file-system", "--", path])
    }

    /// The names in a directory, sorted; none where it cannot be read.
    static func names(in path: String) -> [String] {
        guard let directory = unsafe opendir(path) else { return [] }
        defer { unsafe closedir(directory) }
        var names: [String] = []
        while let entry = unsafe readdir(directory) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) {
                    unsafe String(cString: $0)
                }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// Everything behind the last slash.
    static func name(of path: String) -> String {
        String(path[(path.lastIndex(of: "/").map { path.index(after: $0) } ?? path.startIndex)...])
    }

    /// Everything before the last slash.
    static func directory(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// Absolute, relative to the current directory; symbolic links stay.
    static func absolute(_ path: String) -> String {
        let cut = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
        guard !cut.hasPrefix("/") else { return cut }
        guard let buffer = unsafe getcwd(nil, 0) else { return cut }
        defer { unsafe free(buffer) }
        let current = unsafe String(cString: buffer)
        return cut == "." ? current : "\(current)/\(cut)"
    }

    /// The path of the running program.
    static func ownExecutable() -> String { target(ofLink: "/proc/self/exe") ?? "" }

    /// What a symbolic link holds; nil where it is none, or may not be read.
    static func target(ofLink path: String) -> String? {
        var buffer = [CChar](repeating: 0, count: 4_096)
        let count = unsafe readlink(path, &buffer, buffer.count)
        guard count >= 0 else { return nil }
        let bytes = buffer.prefix(count).map { UInt8(bitPattern: $0) }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func kind(of path: String) -> mode_t? {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return nil }
        return status.st_mode & S_IFMT
    }
}
