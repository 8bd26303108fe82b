import CLinux
import Glibc

/// Whom a process runs as, in the kernel's numbers; there need not be an account.
public struct UnixUser: Sendable, Equatable, CustomStringConvertible {
    public let uid: uid_t
    public let gid: gid_t

    public init(uid: uid_t, gid: gid_t) {
        self.uid = uid
        self.gid = gid
    }

    /// An account of this machine; nil where there is none.
    ///
    /// For the start of `main`: getpwnam(3) is for one thread.
    public init?(account: String) {
        guard let entry = unsafe getpwnam(account) else { return nil }
        unsafe self.init(uid: entry.pointee.pw_uid, gid: entry.pointee.pw_gid)
    }

    /// The name of the account with this number; nil where there is none.
    ///
    /// From any thread.
    public static func account(of uid: uid_t) -> String? {
        var entry = unsafe passwd()
        var found: UnsafeMutablePointer<passwd>?
        var text = [CChar](repeating: 0, count: 4_096)
        guard unsafe getpwuid_r(uid, &entry, &text, text.count, &found) == 0,
            unsafe found != nil, let name = unsafe entry.pw_name
        else { return nil }
        return unsafe String(cString: name)
    }

    /// From an account's name, or `UID:GID` in numbers; nil where it is neither.
    public init?(parsing text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        if parts.count == 2, let uid = uid_t(parts[0]), let gid = gid_t(parts[1]) {
            self.init(uid: uid, gid: gid)
        } else {
            self.init(account: text)
        }
    }

    /// `65525:65525`, which ``init(parsing:)`` takes.
    public var description: String { "\(uid):\(gid)" }

    /// Makes this process, which root started, this user's for good.
    ///
    /// No other group, no capability, no way back. What it has read and opened before stays; its
    /// `/proc` files belong to root from here on, so that no other process of this user can look into
    /// it.
    ///
    /// The signal at its parent's death, which the kernel drops here, is asked for again.
    public func become() throws(SystemError) {
        let parent = getppid()
        let signal = switchboard_parent_death_signal()
        guard setgroups(0, nil) == 0, setgid(gid) == 0, setuid(uid) == 0,
            switchboard_no_new_privileges() == 0
        else { throw .last }
        precondition(setuid(0) != 0, "a process that gave root up has not got it any more")
        guard signal > 0 else { return }
        guard switchboard_set_parent_death_signal(signal) == 0 else { throw .last }
        if getppid() != parent { kill(getpid(), signal) }
    }
}
