import CLinux
import Crypto
import Glibc
import System

/// Puts a file's new content in place at once: readers see the old or the new, never a part.
///
/// A temporary file in the same folder, synced, then renamed over the name, all through one open
/// descriptor of the folder. A hard link's other names keep the old content, which also means that
/// nothing outside of the workspace can be changed through one.
struct FileReplacement {
    let workspace: Workspace
    /// Relative to the workspace, without links: where the call was judged to write.
    let path: String
    /// What is replaced; nil makes a new file.
    let old: FileContent?
    let cancellation: Cancellation

    /// Writes and returns how the file is now.
    func write(_ bytes: [UInt8]) throws(PathError) -> FileReading {
        let parts = path.pathComponents
        guard let name = parts.last else { throw .isFolder(path: path) }
        guard name.utf8.count <= 200 || name.utf8.count <= 255 && old != nil else {
            throw .system(action: "Writing", path: path, errno: ENAMETOOLONG)
        }
        let folder = try openFolder(parts.dropLast())
        try workspace.checkChange(path, in: folder, named: path)
        let temporary = ".\(SecureRandom.identifier()).tmp"
        do throws(PathError) {
            let file = try make(temporary, in: folder)
            try fill(file, with: bytes)
            try checkUnchanged(name, in: folder)
            guard cancellation.commit() else { throw PathError.interrupted(path: path) }
            guard unsafe renameat(folder.number, temporary, folder.number, name) == 0 else {
                throw failure("Replacing")
            }
            // The rename itself has to survive a loss of power.
            _ = fsync(folder.number)
            guard let status = try? file.status() else { throw failure("Looking at") }
            return FileReading(stamp: FileStamp(status), digest: Digest(of: bytes))
        } catch {
            _ = unsafe unlinkat(folder.number, temporary, 0)
            throw error
        }
    }

    /// Opens the folder of the file, and makes what is missing of a new file's.
    private func openFolder(_ parts: ArraySlice<String>) throws(PathError) -> OwnedDescriptor {
        let flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW
        var made = ""
        if old == nil {
            for part in parts {
                let parent = try open(made, flags: OpenFlags.path | O_DIRECTORY)
                if unsafe mkdirat(parent.number, part, 0o777) != 0, errno != EEXIST {
                    throw failure("Making the folder of")
                }
                made += made.isEmpty ? part : "/\(part)"
            }
        }
        return try open(parts.joined(separator: "/"), flags: flags)
    }

    /// Never through a link: none was there when the path was found.
    private func open(_ folder: String, flags: Int32) throws(PathError) -> OwnedDescriptor {
        let opened = Beneath.open(
            folder, in: workspace.descriptor, flags: flags, links: .refuse)
        switch opened {
        case .success(let descriptor): return descriptor
        case .failure(let error): throw PathError(error, path: path)
        }
    }

    private func make(
        _ temporary: String, in folder: OwnedDescriptor
    ) throws(PathError) -> OwnedDescriptor {
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
        // Others may read it only once it has the old file's mode.
        let number = unsafe openat(folder.number, temporary, flags, old == nil ? 0o666 : 0o600)
        guard number >= 0 else { throw failure("Making a temporary file beside") }
        let file = OwnedDescriptor(number)
        guard let old else { return file }
        // Not ours to give away unless we are root; the file then belongs to whom changed it.
        _ = fchown(number, old.owner, old.group)
        // Without set-user-ID and set-group-ID: those were given to another content.
        guard fchmod(number, old.mode & 0o1777) == 0 else { throw failure("Keeping the mode of") }
        return file
    }

    private func fill(_ file: OwnedDescriptor, with bytes: [UInt8]) throws(PathError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes { buffer in
                unsafe Glibc.write(file.number, buffer.baseAddress, buffer.count)
            }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw failure("Writing") }
            rest = rest.dropFirst(count)
        }
        guard fsync(file.number) == 0 else { throw failure("Writing") }
    }

    /// Whether the name still stands for what was read, or for nothing; the last look before the
    /// rename.
    private func checkUnchanged(
        _ name: String, in folder: OwnedDescriptor
    ) throws(PathError) {
        var status = stat()
        let isThere = unsafe fstatat(folder.number, name, &status, AT_SYMLINK_NOFOLLOW) == 0
        guard isThere || errno == ENOENT else { throw failure("Looking at") }
        guard isThere == (old != nil) else { throw .changedMeanwhile(path: path) }
        if let old, FileStamp(status) != old.reading.stamp {
            throw .changedMeanwhile(path: path)
        }
    }

    private func failure(_ action: String) -> PathError {
        .system(action: action, path: path, errno: errno)
    }
}
