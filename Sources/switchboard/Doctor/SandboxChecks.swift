import Glibc
import Stage
import System

/// Looks whether an agent worker of this machine can make a sandbox for a tool, by making one.
struct SandboxChecks {
    /// Where the product's programs are.
    let programs: String

    /// bubblewrap's `--disable-userns` came with it.
    private static let oldestBubblewrap = [0, 8]
    /// Where agent workers look, who take no `PATH` from anybody.
    private static let folders = ["/usr/bin", "/usr/local/bin", "/bin"]

    func run() -> [Finding] {
        let program = "\(programs)/\(StageOrder.programName)"
        guard FileSystem.isExecutable(program) else {
            return [
                .fail(
                    "sandbox", "\(program) is missing: no tool can run a command",
                    "install all programs of the product into one folder (`make install`)")
            ]
        }
        let found = Self.folders.map { "\($0)/bwrap" }.first(where: FileSystem.isExecutable)
        guard let bubblewrap = found else {
            return [
                .fail(
                    "sandbox", "bubblewrap is missing: no tool can run a command",
                    "apt-get install bubblewrap")
            ]
        }
        do throws(CommandFailure) {
            if let tooOld = try version(bubblewrap) { return [tooOld] }
            return [try trial(program, bubblewrap)]
        } catch {
            return [.fail("sandbox", "\(error)", "look at \(bubblewrap) by hand")]
        }
    }

    /// Nil where it is new enough.
    private func version(_ bubblewrap: String) throws(CommandFailure) -> Finding? {
        let text = try Tool.run(bubblewrap, ["--version"]).output
        let number = text.split(whereSeparator: { $0 == " " || $0.isNewline }).last ?? ""
        let parts = number.split(separator: ".").compactMap { Int($0) }
        guard parts.lexicographicallyPrecedes(Self.oldestBubblewrap) else { return nil }
        return .fail(
            "sandbox", "\(bubblewrap) is bubblewrap \(number), which is too old",
            "install bubblewrap 0.8 or later")
    }

    private func trial(_ program: String, _ bubblewrap: String) throws(CommandFailure) -> Finding {
        // As the worker does: its user may not reach the path where all is root's.
        let file = unsafe open(program, OpenFlags.path)
        guard file >= 0 else { throw CommandFailure("\(program): \(SystemError.last)") }
        defer { close(file) }
        let order =
            ["/proc/self/fd/\(file)", "--", bubblewrap] + Self.walls + ["--", "/usr/bin/true"]
        let (who, command) = Self.asAgent(order)
        let ended = try Tool.run(command[0], Array(command.dropFirst()))
        guard !ended.status.isSuccess else { return .ok("sandbox", "can be made by \(who)") }
        let cause = ended.output.split(separator: "\n").first.map(String.init) ?? "it says nothing"
        return .fail("sandbox", "none can be made by \(who): \(cause)", Self.remedy(for: cause))
    }

    private static let walls: [String] = {
        var arguments = [
            "--unshare-all", "--unshare-user", "--disable-userns", "--ro-bind", "/usr", "/usr",
        ]
        for name in ["bin", "lib", "lib32", "lib64", "libx32"] {
            var status = stat()
            guard unsafe lstat("/\(name)", &status) == 0 else { continue }
            arguments +=
                status.st_mode & S_IFMT == S_IFLNK
                ? ["--symlink", "usr/\(name)", "/\(name)"] : ["--ro-bind", "/\(name)", "/\(name)"]
        }
        return arguments + [
            "--ro-bind", Stage.settings, "/etc", "--proc", "/proc", "--dev", "/dev",
        ]
    }()

    /// A command as the agent workers' user, where this is root.
    private static func asAgent(_ command: [String]) -> (who: String, command: [String]) {
        guard let user = AgentUser.choose(), let setpriv = Tool.find("setpriv") else {
            return ("this user", command)
        }
        let become = [
            setpriv, "--reuid", "\(user.uid)", "--regid", "\(user.gid)", "--clear-groups", "--",
        ]
        return ("the agents' user (\(user))", become + command)
    }

    private static func remedy(for cause: String) -> String {
        if cause.contains("Function not implemented") {
            return
                "the kernel is too old, or forbids open_tree, move_mount or mount_setattr: Linux "
                + "5.12 or later"
        }
        let words = ["namespace", "uid map", "gid map", "uid_map", "setgroups", "permissions"]
        if words.contains(where: cause.contains) {
            return "allow user namespaces: sysctl kernel.unprivileged_userns_clone=1, "
                + "user.max_user_namespaces above 0, "
                + "kernel.apparmor_restrict_unprivileged_userns=0; in a container its own rules"
        }
        return "whatever it names; agent workers log the same"
    }
}
