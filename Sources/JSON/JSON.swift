import CJansson

/// What concerns the whole process rather than one value.
public enum JSON {
    /// The nesting that is accepted where a caller names no other: deep enough for every message of
    /// the contract, shallow enough that a recursive walk costs a few kilobytes of stack.
    public static let defaultMaximumDepth = 64

    /// Makes jansson's hash seed from the system's randomness, so that a peer cannot choose keys
    /// that all fall into one bucket.
    ///
    /// Call it once in `main`, before a second thread exists; later calls change nothing
    /// (`json_object_seed`).
    public static func seed() {
        json_object_seed(0)
    }
}
