import Glibc

/// Which file or folder something is, whatever it is called and wherever it lies.
package struct FileIdentity: Sendable, Hashable {
    package let device: UInt
    package let inode: UInt

    package init(device: UInt, inode: UInt) {
        self.device = device
        self.inode = inode
    }

    package init(_ status: stat) {
        device = UInt(status.st_dev)
        inode = UInt(status.st_ino)
    }
}

extension OwnedDescriptor {
    /// Which file or folder is behind it; nil where the kernel does not say.
    package var identity: FileIdentity? {
        guard let status = try? status() else { return nil }
        return FileIdentity(status)
    }

    /// Whether a folder is behind it.
    package var isFolder: Bool {
        guard let status = try? status() else { return false }
        return status.st_mode & S_IFMT == S_IFDIR
    }

    /// The folder above, by the folder itself and not by a path; nil at the top and for files.
    package func parent() -> OwnedDescriptor? {
        let number = unsafe openat(number, "..", OpenFlags.path | O_DIRECTORY | O_CLOEXEC)
        guard number >= 0 else { return nil }
        let parent = OwnedDescriptor(number)
        return parent.identity == identity ? nil : parent
    }

    /// Whether it is one of these, or lies in one of them, up to the folder `end` or the top.
    ///
    /// For a folder, by the chain of folders above it: no path is read, so that a name that changes
    /// meanwhile misleads nobody.
    package func isWithin(_ identities: Set<FileIdentity>, upTo end: FileIdentity? = nil) -> Bool {
        var current: OwnedDescriptor? = self
        while let folder = current {
            // What can't be looked at is taken for the worst.
            guard let identity = folder.identity, !identities.contains(identity) else {
                return true
            }
            if identity == end { return false }
            current = folder.parent()
        }
        return false
    }
}
