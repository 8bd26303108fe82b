import CLinux
import Crypto
import Glibc
import Synchronization
import System

/// The folder in which a session's long outputs are kept for Read and for the sandbox.
///
/// At most ``ToolLimits/maximumKeptOutputs`` files of ``ToolLimits/maximumKeptOutputBytes`` each;
/// the oldest goes first. From any thread.
public final class KeptOutputs: Sendable {
    /// The real path.
    public let folder: String
    let directory: OwnedDescriptor
    private let names = Mutex<[String]>([])

    init(folder: String) throws(WorkspaceError) {
        if unsafe mkdir(folder, 0o700) != 0, errno != EEXIST {
            throw .outputFolder(path: folder, errno: errno)
        }
        let number = unsafe Glibc.open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard number >= 0 else { throw .outputFolder(path: folder, errno: errno) }
        directory = OwnedDescriptor(number)
        guard let path = directory.path() else {
            throw .outputFolder(path: folder, errno: EILSEQ)
        }
        self.folder = path
    }

    /// A new empty file, open for writing; nil where the disk has no room for it.
    func make() -> (file: OwnedDescriptor, path: String)? {
        let name = "\(SecureRandom.identifier()).txt"
        let number = unsafe openat(
            directory.number, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard number >= 0 else { return nil }
        let dropped = names.withLock { names in
            names.append(name)
            return names.count > ToolLimits.maximumKeptOutputs ? names.removeFirst() : nil
        }
        if let dropped { _ = unsafe unlinkat(directory.number, dropped, 0) }
        return (OwnedDescriptor(number), "\(folder)/\(name)")
    }

    /// Opens a kept output by the absolute path that a result named; nil for any other path.
    func open(_ path: String) -> Result<OwnedDescriptor, Errno>? {
        let base = (folder + "/").utf8
        guard path.utf8.starts(with: base) else { return nil }
        let name = String(decoding: path.utf8.dropFirst(base.count), as: UTF8.self)
        guard !name.isEmpty, !name.utf8.contains(UInt8(ascii: "/")), name != "..", name != "."
        else { return nil }
        return Beneath.open(
            name, in: directory.number, flags: OpenFlags.path, links: .refuse)
    }
}
