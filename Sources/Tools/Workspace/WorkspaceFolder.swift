import CLinux
import Glibc
import System

/// A folder that somebody named, opened once without a link in its way, and held.
struct WorkspaceFolder {
    let entry: OwnedDescriptor
    let place: RealPath

    /// - Parameter path: absolute.
    init(_ path: String) throws(WorkspaceError) {
        guard path.utf8.first == UInt8(ascii: "/") else {
            throw .unusable(path: path, errno: EINVAL)
        }
        let number = unsafe open("/", OpenFlags.path | O_DIRECTORY | O_CLOEXEC)
        guard number >= 0 else { throw .unusable(path: path, errno: errno) }
        let top = WorkspaceFolder(entry: OwnedDescriptor(number), place: RealPath(parts: []))
        self = try top.folder(RealPath(path).parts, named: path)
    }

    private init(entry: OwnedDescriptor, place: RealPath) {
        self.entry = entry
        self.place = place
    }

    /// A folder beneath.
    func folder(_ parts: [String], named name: String) throws(WorkspaceError) -> WorkspaceFolder {
        let path = parts.joined(separator: "/")
        guard !parts.contains("..") else { throw .unusable(path: name, errno: EXDEV) }
        let opened = Beneath.open(
            path, in: entry.number, flags: OpenFlags.path | O_DIRECTORY, links: .refuse)
        switch opened {
        case .success(let found):
            return WorkspaceFolder(entry: found, place: RealPath(parts: place.parts + parts))
        case .failure(let error) where error.number == ELOOP: throw .link(path: name)
        case .failure(let error): throw .unusable(path: name, errno: error.number)
        }
    }

    /// Whether the system consists of it, or it holds everybody's folders.
    var isOfTheSystem: Bool {
        place.parts.isEmpty || Self.systemFolders.contains { place.isWithin($0) }
            || Self.homeFolders.contains(place)
    }

    private static let systemFolders = [
        "/bin", "/boot", "/dev", "/etc", "/lib", "/lib64", "/proc", "/run", "/sbin", "/sys", "/usr",
    ].map { RealPath($0) }

    /// Folders that hold everybody's folders.
    private static let homeFolders = ["/home", "/root", "/tmp", "/var", "/srv", "/mnt", "/media"]
        .map { RealPath($0) }
}
