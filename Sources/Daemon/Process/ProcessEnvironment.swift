import Glibc

/// The environment of this process.
public enum ProcessEnvironment {
    /// All variables now; of doubled names the first counts, as for `getenv(3)`.
    ///
    /// For the start of `main`: nothing may change the environment meanwhile.
    public static func variables() -> [String: String] {
        var result: [String: String] = [:]
        var index = 0
        while let entry = unsafe environ[index] {
            let parts = unsafe String(cString: entry).split(
                separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2, result[String(parts[0])] == nil {
                result[String(parts[0])] = String(parts[1])
            }
            index += 1
        }
        return result
    }
}
