import Glibc
import Stage
import System

/// What a sandbox shows of the file system, as arguments of `bwrap(1)`.
///
/// An allow-list: programs and libraries, a few files of `/etc`, and the workspace. People's
/// homes, Switchboard's configuration, sockets and state, and keys of the system are not hidden,
/// they were never there.
struct SandboxView: Sendable {
    private let root: String
    private let workspace: WorkspaceView
    private let allowsNetwork: Bool

    /// The view of a workspace as it now is; blocks on files.
    init(of workspace: Workspace, access: SandboxAccess) throws(PathError) {
        root = workspace.root
        self.workspace = try WorkspaceView(of: workspace, access: access)
        allowsNetwork = workspace.allowsNetwork && access == .writable
    }

    /// Looks at what the command made, when it has ended.
    var review: StartupReview? { workspace.review }

    /// What the process has to inherit, beginning with number `first` of ``stage(firstDescriptor:)``.
    var descriptors: [OwnedDescriptor] { workspace.folders.map(\.entry) }

    /// Arguments of the stage, up to the path of bubblewrap.
    func stage(firstDescriptor first: Int) -> [String] {
        StageOrder.arguments(workspace.folders, firstDescriptor: first)
    }

    /// Arguments of bubblewrap up to the program.
    ///
    /// Order matters: later mounts cover earlier ones.
    var arguments: [String] {
        namespaces + Self.system + Self.kernel + folders
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

    private var folders: [String] {
        workspace.folders.enumerated().flatMap { index, folder in
            [folder.isWritable ? "--bind" : "--ro-bind", Stage.path(of: index), folder.place]
        }
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
        return arguments + ["--ro-bind", Stage.settings, "/etc"]
    }()

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
        // Whose folder it is was decided when it became a workspace.
        "GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=safe.directory", "GIT_CONFIG_VALUE_0=*",
    ]
}
