import Glibc
import Stage
import System

/// What commands see differently of a folder, in the order in which it is mounted.
struct GuardPlan {
    /// By the path's bytes: in Swift, two names of different bytes can be equal.
    private var walls: [[UInt8]: StageChange] = [:]

    /// The changes, those of a folder before those of what it holds.
    var changes: [StageChange] {
        let hidden = walls.filter { $0.value.kind == .hide }.map { $0.key + [slash] }
        // Nothing is left of what lies in something hidden.
        return walls.filter { wall in !hidden.contains { wall.key.starts(with: $0) } }
            .sorted { (depth(of: $0.key), $0.value.path) < (depth(of: $1.key), $1.value.path) }
            .map(\.value)
    }

    /// What can only be read, or not at all.
    var guarded: Set<FileIdentity> {
        Set(walls.values.filter { $0.kind != .pin }.map(\.identity))
    }

    /// Takes a wall in; the stronger of two at one place stays.
    mutating func set(_ kind: StageChange.Kind, _ parts: [String], _ entry: OwnedDescriptor) {
        if let identity = entry.identity { set(kind, parts, identity) }
    }

    mutating func set(_ kind: StageChange.Kind, _ parts: [String], _ identity: FileIdentity) {
        let change = StageChange(
            kind: kind, path: parts.joined(separator: "/"), identity: identity)
        let key = Array(change.path.utf8)
        if let known = walls[key], known.kind.strength >= kind.strength { return }
        walls[key] = change
    }

    /// Keeps the folders above from being moved, and with them what is guarded in them.
    /// - Parameter first: how many names the topmost of them has.
    mutating func pin(above parts: [String], in folder: OwnedDescriptor, from first: Int = 1) {
        let look = GuardedLook(folder: folder)
        for count in first..<max(first, parts.count) {
            let head = Array(parts.prefix(count))
            guard let entry = look.open(head, links: .refuse), entry.isFolder else { return }
            set(.pin, head, entry)
        }
    }

    private func depth(of key: [UInt8]) -> Int { key.count { $0 == slash } }

    private var slash: UInt8 { UInt8(ascii: "/") }
}

extension StageChange.Kind {
    fileprivate var strength: Int {
        switch self {
        case .pin: 0
        case .protect: 1
        case .hide: 2
        }
    }
}
