import CLinux
import Glibc
import System

/// What a sandbox is shown of `/etc`: what programs need and everybody may read; no passwords, host
/// keys, or settings that hold tokens.
///
/// Made anew for each sandbox, files by their content and folders by a mount, so that bubblewrap has
/// one folder to bind: each mount of its own costs it a look through all that there are.
struct SystemSettings {
    private static let names = [
        "alternatives", "ca-certificates", "ca-certificates.conf", "debian_version", "fonts",
        "group", "host.conf", "hosts", "java-17-openjdk", "ld.so.cache", "ld.so.conf",
        "ld.so.conf.d", "locale.alias", "localtime", "magic", "mime.types", "nsswitch.conf",
        "os-release", "passwd", "perl", "protocols", "python3", "python3.11", "resolv.conf",
        "services", "shells", "ssl/certs", "ssl/openssl.cnf", "terminfo", "timezone",
    ]
    /// Of a file; a larger one is mounted.
    private static let maximumCopiedBytes = 262_144

    /// Where it is made.
    let folder: OwnedDescriptor
    /// Mounts a copy of what is mounted at the first, read-only, at the second.
    let mount: (OwnedDescriptor, OwnedDescriptor) throws(StageFailure) -> Void

    /// Shows what there is; what is missing, or not this user's to read, is left out.
    func fill() throws(StageFailure) {
        _ = unsafe mkdirat(folder.number, "ssl", 0o755)
        var buffer = [UInt8](repeating: 0, count: 65_536)
        for name in Self.names {
            let number = unsafe open("/etc/\(name)", O_RDONLY | O_NONBLOCK | O_CLOEXEC)
            guard number >= 0 else { continue }
            let found = OwnedDescriptor(number)
            guard let status = try? found.status() else { continue }
            let isFolder = status.st_mode & S_IFMT == S_IFDIR
            guard isFolder || status.st_mode & S_IFMT == S_IFREG else { continue }
            if isFolder {
                _ = unsafe mkdirat(folder.number, name, 0o755)
            } else {
                let isCopied = status.st_size <= Self.maximumCopiedBytes
                try copy(isCopied ? found : nil, to: name, &buffer)
                if isCopied { continue }
            }
            let place = unsafe openat(folder.number, name, OpenFlags.path | O_CLOEXEC)
            guard place >= 0 else { throw failure(name) }
            try mount(found, OwnedDescriptor(place))
        }
    }

    /// - Parameter file: nil makes an empty one.
    private func copy(
        _ file: OwnedDescriptor?, to name: String, _ buffer: inout [UInt8]
    ) throws(StageFailure) {
        let flags = O_WRONLY | O_CREAT | O_CLOEXEC
        let number = unsafe openat(folder.number, name, flags, 0o644)
        guard number >= 0 else { throw failure(name) }
        let copy = OwnedDescriptor(number)
        guard let file else { return }
        var total = 0
        while total <= Self.maximumCopiedBytes {
            let count = unsafe read(file.number, &buffer, buffer.count)
            guard count > 0 else { return }
            guard unsafe write(copy.number, buffer, count) == count else { throw failure(name) }
            total += count
        }
    }

    private func failure(_ name: String) -> StageFailure {
        StageFailure(
            "The sandbox could not be built: showing /etc/\(name) failed: "
                + "\(SystemFailure.reason(errno)). \(Stage.nothingWasRun)")
    }
}
