import CLinux
import Glibc

/// Opens paths beneath an open directory, so that no `..`, link or race leads out of it.
///
/// The kernel checks while it walks (`openat2(2)` with `RESOLVE_BENEATH`), so that check and use
/// are one step. Where it can't, a walk by components does the same and follows no link at all.
package enum Beneath {
    /// How a path is walked.
    package enum Links {
        /// Links are followed as long as they stay beneath the directory.
        case follow
        /// Any link fails with `ELOOP`.
        case refuse
    }

    /// Opens `path`, which has no `..` and no leading slash; empty is the directory itself.
    /// - Returns: the descriptor, closed on exec, or an `errno`: `EXDEV` for a path that leads out.
    package static func open(
        _ path: String, in directory: Int32, flags: Int32, mode: mode_t = 0, links: Links
    ) -> Result<OwnedDescriptor, Errno> {
        var resolve = switchboard_RESOLVE_BENEATH | switchboard_RESOLVE_NO_MAGICLINKS
        if links == .refuse { resolve |= switchboard_RESOLVE_NO_SYMLINKS }
        let name = path.isEmpty ? "." : path
        // EAGAIN: something was renamed meanwhile, and the kernel can't tell whether it led out.
        for _ in 0..<16 {
            let number = unsafe switchboard_openat2(
                directory, name, UInt64(flags | O_CLOEXEC), UInt64(mode), resolve)
            if number >= 0 { return .success(OwnedDescriptor(number)) }
            if errno == ENOSYS { return walk(path, in: directory, flags: flags, mode: mode) }
            if errno != EAGAIN && errno != EINTR { return .failure(Errno(errno)) }
        }
        return .failure(Errno(EAGAIN))
    }

    /// The same without `openat2`: one component after the other, never through a link.
    package static func walk(
        _ path: String, in directory: Int32, flags: Int32, mode: mode_t = 0
    ) -> Result<OwnedDescriptor, Errno> {
        var parts = RealPath(path).parts.filter { $0 != "." }
        guard !parts.contains("..") else { return .failure(Errno(EXDEV)) }
        let last = parts.popLast() ?? "."
        var held: OwnedDescriptor?
        for part in parts {
            let flags = switchboard_O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC
            let number = unsafe openat(held?.number ?? directory, part, flags)
            // A link with O_DIRECTORY and O_NOFOLLOW is ENOTDIR: said as openat2 would.
            guard number >= 0 else { return .failure(Errno(errno == ENOTDIR ? ELOOP : errno)) }
            held = OwnedDescriptor(number)
        }
        let number = unsafe openat(
            held?.number ?? directory, last, flags | O_NOFOLLOW | O_CLOEXEC, mode)
        guard number >= 0 else { return .failure(Errno(errno)) }
        let opened = OwnedDescriptor(number)
        // O_PATH with O_NOFOLLOW opens the link itself.
        guard let status = try? opened.status(), status.st_mode & S_IFMT != S_IFLNK else {
            return .failure(Errno(ELOOP))
        }
        return .success(opened)
    }
}

/// An `errno` as an error.
package struct Errno: Error, Equatable {
    package let number: Int32
    package init(_ number: Int32) { self.number = number }
}

extension Errno {
    /// Nothing of that name.
    package static let notThere = Errno(ENOENT)
}

/// Flags of `open(2)` that glibc shows to GNU sources only.
package enum OpenFlags {
    /// A descriptor that names a file without opening it.
    package static let path = switchboard_O_PATH
}
