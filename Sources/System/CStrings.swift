import Glibc

/// Arrays of C strings, as `execve(2)` takes them.
public enum CStrings {
    /// Calls `body` with copies that end with a null pointer and are valid during the call.
    public static func with<Result>(
        _ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
    ) -> Result {
        let copies = unsafe strings.map { unsafe strdup($0) }
        defer { unsafe copies.forEach { unsafe free($0) } }
        return unsafe body(copies + [nil])
    }
}
