import CLinux
import Glibc
import System

/// Switchboard's own folders: configuration, certificates, state and sockets.
///
/// No workspace may be one of them, lie in one, or hold one; by their paths and by what is there.
public struct ReservedFolders: Sendable {
    private let paths: [RealPath]
    private let folders: [OwnedDescriptor]

    /// - Parameter paths: absolute; what is not there counts by its path alone.
    public init(_ paths: [String]) {
        self.paths = paths.flatMap { [RealPath($0), RealPath(Self.real($0))] }
        folders = paths.compactMap { path in
            let number = unsafe open(path, OpenFlags.path | O_DIRECTORY | O_CLOEXEC)
            return number < 0 ? nil : OwnedDescriptor(number)
        }
    }

    /// Whether a path is one of them, lies in one, or holds one; nothing is looked up.
    func overlap(_ path: RealPath) -> Bool {
        paths.contains(where: path.overlaps)
    }

    /// The same of an open folder, whatever its path.
    func overlap(_ folder: OwnedDescriptor) -> Bool {
        guard let identity = folder.identity else { return true }
        return folder.isWithin(Set(folders.compactMap(\.identity)))
            || folders.contains { $0.isWithin([identity]) }
    }

    private static func real(_ path: String) -> String {
        guard let resolved = unsafe realpath(path, nil) else { return path }
        defer { unsafe free(resolved) }
        return unsafe String(cString: resolved)
    }
}
