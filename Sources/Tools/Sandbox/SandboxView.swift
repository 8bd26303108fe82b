import Glibc

/// What a sandbox shows of the file system, as arguments of `bwrap(1)`.
///
/// An allow-list: programs and libraries, a few files of `/etc`, and the workspace. People's
/// homes, Switchboard's configuration, sockets and state, and keys of the system are not hidden,
/// they were never there.
struct SandboxView: Equatable {
    var root: String
    /// Kept outputs of the session, readable.
    var outputs: String
    /// Within the workspace, with whether each is a folder.
    var hidden: [Hidden]
    var access: SandboxAccess
    var allowsNetwork: Bool

    struct Hidden: Equatable {
        let path: String
        let isFolder: Bool
    }

    /// The view of a workspace as it now is.
    init(of workspace: Workspace, access: SandboxAccess) {
        root = workspace.root
        outputs = workspace.outputs.folder
        hidden = workspace.hidden.compactMap { path in
            var status = stat()
            // What isn't there can't be covered, and a link leads to nothing in the sandbox.
            guard unsafe lstat(path, &status) == 0, status.st_mode & S_IFMT != S_IFLNK else {
                return nil
            }
            return Hidden(path: path, isFolder: status.st_mode & S_IFMT == S_IFDIR)
        }
        self.access = access
        allowsNetwork = workspace.allowsNetwork && access == .writable
    }

    /// Arguments up to the program.
    ///
    /// Order matters: later mounts cover earlier ones.
    var arguments: [String] {
        namespaces + Self.system + Self.kernel + workspace
            + ["--remount-ro", "/", "--chdir", root]
    }

    private var namespaces: [String] {
        // `--disable-userns`: no namespaces within, so no new mounts and no way around limits.
        ["--unshare-all"] + (allowsNetwork ? ["--share-net"] : [])
            + [
                "--unshare-user", "--disable-userns", "--uid", "1000", "--gid", "1000",
                "--cap-drop", "ALL", "--die-with-parent", "--new-session", "--hostname",
                Self.marker,
            ]
    }

    /// The sandbox's host name, by which its processes are known from outside.
    static let marker = "switchboard-sandbox"

    private var workspace: [String] {
        let bind = access == .writable ? "--bind" : "--ro-bind"
        return [bind, root, root] + hidden.flatMap(Self.cover) + ["--ro-bind", outputs, outputs]
    }

    private static func cover(_ hidden: Hidden) -> [String] {
        hidden.isFolder
            ? ["--tmpfs", hidden.path, "--remount-ro", hidden.path]
            : ["--ro-bind", "/dev/null", hidden.path]
    }

    /// The kernel's own folders, and memory for what is thrown away.
    ///
    /// `/proc` is read-only as a whole: where the worker is root, its user outside is root too, and
    /// the kernel lets that one write `/proc/sys` without any capability. bubblewrap 0.8 covers
    /// only what `access(2)` says is writable, which the folder is not.
    private static let kernel: [String] = {
        let size = ["--size", String(ToolLimits.maximumTemporaryBytes)]
        return ["--proc", "/proc", "--remount-ro", "/proc", "--dev", "/dev"]
            + size + ["--perms", "1777", "--tmpfs", "/dev/shm", "--remount-ro", "/dev"]
            + size + ["--perms", "1777", "--tmpfs", "/tmp", "--symlink", "../tmp", "/var/tmp"]
    }()

    private static let system: [String] = {
        var arguments = ["--ro-bind", "/usr", "/usr", "--ro-bind-try", "/opt", "/opt"]
        for folder in ["bin", "sbin", "lib", "lib32", "lib64", "libx32"] {
            var status = stat()
            guard unsafe lstat("/\(folder)", &status) == 0 else { continue }
            arguments +=
                status.st_mode & S_IFMT == S_IFLNK
                ? ["--symlink", "usr/\(folder)", "/\(folder)"]
                : ["--ro-bind", "/\(folder)", "/\(folder)"]
        }
        return arguments + settings.flatMap { ["--ro-bind-try", "/etc/\($0)", "/etc/\($0)"] }
    }()

    /// What programs need of `/etc` and everybody may read; no passwords, host keys, or settings
    /// that hold tokens.
    private static let settings = [
        "alternatives", "ca-certificates", "ca-certificates.conf", "debian_version", "fonts",
        "group", "host.conf", "hosts", "java-17-openjdk", "ld.so.cache", "ld.so.conf",
        "ld.so.conf.d", "locale.alias", "localtime", "magic", "mime.types", "nsswitch.conf",
        "os-release", "passwd", "perl", "protocols", "python3", "python3.11", "resolv.conf",
        "services", "shells", "ssl/certs", "ssl/openssl.cnf", "terminfo", "timezone",
    ]

    /// The whole environment of a command: nothing of the worker's own is passed on.
    ///
    /// Sanitizers look for leaks by ptrace, which no sandbox has: without these two, each program
    /// that they were built into would fail at its end.
    static let environment = [
        "ASAN_OPTIONS=detect_leaks=0", "LSAN_OPTIONS=detect_leaks=0",
        "PATH=/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin",
        "HOME=/tmp", "TMPDIR=/tmp", "USER=agent", "LOGNAME=agent", "SHELL=/bin/bash",
        "LANG=C.UTF-8", "LC_ALL=C.UTF-8", "TERM=dumb", "NO_COLOR=1", "PAGER=cat", "GIT_PAGER=cat",
        "GIT_TERMINAL_PROMPT=0", "GIT_OPTIONAL_LOCKS=0",
    ]
}
