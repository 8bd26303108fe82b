import Synchronization
import System

/// The ``Placeholders`` of a workspace between one command and the next.
///
/// Some sixty folders that are made and removed cost more than the rest of a call: on ext4, freeing a
/// folder's block takes a millisecond or more while others write. So they stay for the commands of
/// ``ToolLimits/placeholderTime``, and a command finds them there. From any thread.
final class KeptPlaceholders: Sendable {
    private let kept = Mutex<[FileIdentity: Placeholders]>([:])

    /// Those in a folder, which stay until ``drop()`` and until whoever has them is done.
    func placeholders(in folder: OwnedDescriptor) -> Placeholders {
        guard let identity = folder.identity else { return Placeholders(in: folder) }
        return kept.withLock { kept in
            if let known = kept[identity] { return known }
            let new = Placeholders(in: folder)
            kept[identity] = new
            return new
        }
    }

    /// Removes what nobody else uses; blocks on files.
    func drop() {
        // Removed outside of the lock.
        let dropped = kept.withLock { kept in
            defer { kept = [:] }
            return kept
        }
        withExtendedLifetime(dropped) {}
    }
}
