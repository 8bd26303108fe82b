import Glibc
import System

/// The way from a path to the file that it means: each link on it, each folder that can change where
/// it leads.
///
/// Looks at the file system once; what is there a moment later may be something else.
struct FileTrail: Equatable, Sendable {
    /// Where the way leads, without a link in it; the file need not be there.
    let target: String
    /// Folders in which a change means another file or another content: those that hold a link of
    /// the way, and the last folder with its parent; where something is missing, the nearest that is
    /// there.
    let folders: Set<String>
    /// Why the way leads nowhere: links without end, or a folder that cannot be entered.
    let failure: SystemError?

    /// As many as the kernel follows (path_resolution(7)).
    private static let maximumLinks = 40

    /// - Parameter path: from the root on.
    init(of path: String) {
        var folder = ""
        var rest = Self.parts(path)
        var folders: Set<String> = []
        var links = 0
        var failure: SystemError?
        while let part = rest.popLast() {
            if part == ".." {
                folder = Self.parent(of: folder)
                continue
            }
            let place = "\(folder)/\(part)"
            switch Self.look(at: place) {
            case .link(let goal) where links < Self.maximumLinks:
                links += 1
                folders.insert(folder.isEmpty ? "/" : folder)
                if goal.hasPrefix("/") { folder = "" }
                rest += Self.parts(goal)
                continue
            case .link:
                failure = SystemError(ELOOP)
            case .missing(let reason):
                folders.insert(folder.isEmpty ? "/" : folder)
                if reason.number != ENOENT && reason.number != ENOTDIR { failure = reason }
            case .there: break
            }
            folder = place
            guard failure == nil else { break }
        }
        target = folder
        // Where a folder is missing, the nearest is among them already.
        folders.insert(Self.parent(of: folder, orRoot: true))
        folders.insert(Self.parent(of: Self.parent(of: folder), orRoot: true))
        self.folders = folders
        self.failure = failure
    }

    private enum Found {
        case there
        case link(String)
        case missing(SystemError)
    }

    private static func look(at place: String) -> Found {
        var goal = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = unsafe readlink(place, &goal, goal.count)
        if count > 0 {
            return .link(
                String(decoding: goal[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self))
        }
        // EINVAL says that it is there and no link.
        let reason = SystemError.last
        return reason.number == EINVAL ? .there : .missing(reason)
    }

    /// The components, last first.
    private static func parts(_ path: String) -> [String] {
        path.split(separator: "/").filter { $0 != "." }.map(String.init).reversed()
    }

    private static func parent(of path: String, orRoot: Bool = false) -> String {
        let parent = path.split(separator: "/").dropLast().map { "/\($0)" }.joined()
        return parent.isEmpty && orRoot ? "/" : parent
    }
}
