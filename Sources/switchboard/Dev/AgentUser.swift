import System

/// Whom the agent worker runs as where root started the rest: what a tool breaks out of its sandbox
/// into must not be root, nor anybody who can read the state or reach the hub's other doors.
enum AgentUser {
    /// The account that packages and `systemd-sysusers` make.
    static let account = "switchboard-agent"
    /// Without the account: beyond Debian's users and systemd's dynamic ones, below `nobody`, so that
    /// nobody else has it.
    static let numbers = UnixUser(uid: 65_525, gid: 65_525)

    /// Nil where this process is not root: then the worker runs as whoever started it.
    static func choose() -> UnixUser? {
        FileSystem.isRoot ? UnixUser(account: account) ?? numbers : nil
    }
}
