import Glibc
import Protocol
import Realtime
import System

/// Whether the agent worker's user can work in a folder; where it can't, who needs which access and
/// how to give it, instead of a tool's "Permission denied" in the middle of a run.
enum WorkspaceAccess {
    /// Asks the kernel, for the user that this process runs as.
    ///
    /// A folder that is not there is for whoever opens it to tell.
    static func check(_ path: String, mode: SessionMode) throws(RunFailure) {
        for directory in way(to: path) where refuses(directory, X_OK) == EACCES {
            throw failure(
                "may not enter \(directory), on the way to the workspace \(path)",
                "setfacl -m u:\(getuid()):x \(directory), or chmod o+x \(directory)")
        }
        if refuses(path, R_OK) == EACCES {
            throw failure(
                "may not read the workspace \(path)", "setfacl -R -m u:\(getuid()):rX \(path)")
        }
        guard mode != .safe else { return }
        switch refuses(path, W_OK) {
        case EACCES:
            throw failure(
                "may not write the workspace \(path)",
                "chown -R \(getuid()) \(path), or setfacl -R -m u:\(getuid()):rwX,"
                    + "d:u:\(getuid()):rwX \(path); or use the mode safe, which only reads")
        case EROFS:
            throw failure(
                "has the workspace \(path) read-only",
                "add ReadWritePaths=\(path) with systemctl edit switchboard-agent@; or use the mode"
                    + " safe, which only reads")
        default: return
        }
    }

    private static func failure(_ what: String, _ remedy: String) -> RunFailure {
        let account = UnixUser.account(of: getuid()).map { " (\($0))" } ?? ""
        return RunFailure(
            .workspace,
            "Agents run on this host as uid \(getuid())\(account), which \(what). Whoever"
                + " administers the host can change that: \(remedy).")
    }

    /// The directories above it and itself, from the root down.
    private static func way(to path: String) -> [String] {
        var directories = ["/"]
        var current = ""
        for part in path.split(separator: "/") {
            current += "/\(part)"
            directories.append(current)
        }
        return directories
    }

    /// The `errno` of access(2); 0 where it is given.
    private static func refuses(_ path: String, _ access: Int32) -> Int32 {
        unsafe Glibc.access(path, access) == 0 ? 0 : errno
    }
}
