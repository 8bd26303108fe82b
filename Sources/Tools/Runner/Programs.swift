import Glibc
import Stage
import System

/// The programs of the system that tools are built on.
public struct Programs: Sendable {
    /// bubblewrap; without it no command runs.
    public var bubblewrap: String?
    /// shfmt; without it no rule matches a command line.
    public var shfmt: String?
    /// ripgrep; without it Grep and Glob are refused.
    public var ripgrep: String?

    /// What mounts for bubblewrap; without it no command runs.
    public var stage: StageProgram?

    public init(
        bubblewrap: String?, shfmt: String?, ripgrep: String?,
        stage: StageProgram? = .installed()
    ) {
        self.stage = stage
        self.bubblewrap = bubblewrap
        self.shfmt = shfmt
        self.ripgrep = ripgrep
    }

    /// What is installed in the folders of the system.
    ///
    /// Not by `PATH`, which others may have set.
    public static func installed(stage: StageProgram? = .installed()) -> Programs {
        Programs(
            bubblewrap: find("bwrap"), shfmt: find("shfmt"), ripgrep: find("rg"), stage: stage)
    }

    /// The Debian packages that are missing, for `doctor` and the log.
    public var missingPackages: [String] {
        [
            bubblewrap == nil ? "bubblewrap" : nil, shfmt == nil ? "shfmt" : nil,
            ripgrep == nil ? "ripgrep" : nil,
        ].compactMap { $0 }
    }

    private static func find(_ name: String) -> String? {
        ["/usr/bin", "/usr/local/bin", "/bin"].map { "\($0)/\(name)" }
            .first { unsafe access($0, X_OK) == 0 }
    }
}

/// `switchboard-sandbox`, the first step into a sandbox: held open since the worker began.
///
/// The worker of a `dev` that root started becomes another user, who may not pass through root's
/// home to its path.
public struct StageProgram: Sendable {
    /// Its file name, beside the running program's.
    public static let name = StageOrder.programName

    /// The file itself (`O_PATH`).
    let file: OwnedDescriptor

    /// The one beside the running program; nil where there is none that can be run.
    public static func installed() -> StageProgram? {
        guard let own = unsafe realpath("/proc/self/exe", nil) else { return nil }
        defer { unsafe free(own) }
        let folder = RealPath(parts: RealPath(unsafe String(cString: own)).parts.dropLast()).text
        let path = "\(folder)/\(name)"
        let number = unsafe open(path, OpenFlags.path | O_CLOEXEC)
        guard number >= 0 else { return nil }
        let file = OwnedDescriptor(number)
        return unsafe access(path, X_OK) == 0 ? StageProgram(file: file) : nil
    }

    /// Its path in a process that has the file under this number.
    static func path(ofDescriptor number: Int) -> String { "/proc/self/fd/\(number)" }
}
