import CLinux
import Glibc

/// What this process may do with a file, as far as it can be known before it is done.
public enum FileAccess {
    /// Why a file cannot be read; nil where it can.
    public static func readError(_ path: String) -> SystemError? {
        unsafe access(path, R_OK) == 0 ? nil : .last
    }

    /// Whether an open file is in memory alone (tmpfs), which no start of the machine outlives.
    public static func isInMemory(_ descriptor: Int32) -> Bool {
        switchboard_is_in_memory(descriptor) == 1
    }
}
