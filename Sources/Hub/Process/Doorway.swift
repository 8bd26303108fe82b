import Daemon
import Glibc
import Protocol
import System

/// Where a door is and who may come in; both the file's mode and the kernel's word have to hold.
package struct Doorway {
    package let door: Door
    package let path: String
    package let trustedUsers: Set<uid_t>
    package let mode: mode_t

    package init(_ door: Door, path: String, trustedUsers: Set<uid_t>, mode: mode_t = 0o600) {
        self.door = door
        self.path = path
        self.trustedUsers = trustedUsers
        self.mode = mode
    }

    /// The doors of an installation.
    ///
    /// - Parameters:
    ///   - own: the hub's user, which is the workers' too.
    ///   - agentUser: the agent workers', nil where it is the hub's own.
    package static func all(
        _ paths: Paths, own: uid_t, agentUser: UnixUser?
    ) -> [Doorway] {
        Door.allCases.map { door in
            let path = paths.socket(of: door)
            switch door {
            case .commandLine: return Doorway(door, path: path, trustedUsers: [own, 0])
            case .workers: return Doorway(door, path: path, trustedUsers: [own])
            case .agents:
                let agent = agentUser?.uid ?? own
                // Its folder has the group of that user and hands it on (setgid).
                return Doorway(
                    door, path: path, trustedUsers: [agent], mode: agent == own ? 0o600 : 0o660)
            }
        }
    }
}
