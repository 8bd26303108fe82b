import Glibc

/// The programs of the system that tools are built on.
public struct Programs: Sendable, Equatable {
    /// bubblewrap; without it no command runs.
    public var bubblewrap: String?
    /// shfmt; without it no rule matches a command line.
    public var shfmt: String?
    /// ripgrep; without it Grep and Glob are refused.
    public var ripgrep: String?

    /// What ``Stage`` runs in, `switchboard-agent` itself; without it no command runs.
    public var stage: String?

    public init(
        bubblewrap: String?, shfmt: String?, ripgrep: String?, stage: String? = ownStage()
    ) {
        self.stage = stage
        self.bubblewrap = bubblewrap
        self.shfmt = shfmt
        self.ripgrep = ripgrep
    }

    /// What is installed in the folders of the system.
    ///
    /// Not by `PATH`, which others may have set.
    public static func installed() -> Programs {
        Programs(bubblewrap: find("bwrap"), shfmt: find("shfmt"), ripgrep: find("rg"))
    }

    /// The agent's program beside the running one, which in production is the same: then by itself,
    /// for the worker's user may not reach its path.
    public static func ownStage() -> String? {
        guard let own = unsafe realpath("/proc/self/exe", nil) else { return nil }
        defer { unsafe free(own) }
        let parts = unsafe String(cString: own).split(separator: "/")
        guard parts.last != "switchboard-agent" else { return "/proc/self/exe" }
        let path = "/" + (parts.dropLast() + ["switchboard-agent"]).joined(separator: "/")
        return unsafe access(path, X_OK) == 0 ? path : nil
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
