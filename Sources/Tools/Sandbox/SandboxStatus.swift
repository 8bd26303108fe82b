import JSON

/// A line of the pipe on which a sandbox tells how far it is.
///
/// bubblewrap writes `{ "child-pid": 6895, … }` and `{ "exit-code": 3 }` (`--json-status-fd`), the
/// first program in the sandbox writes `{"ready":true}`.
package enum SandboxStatus: Equatable {
    /// The first process of the sandbox, by its number outside; its walls are not yet built.
    case child(pid: Int32)
    /// The walls stand, and who built them ends with this process.
    case ready
    /// The command has ended; 128 + n for signal n.
    case exit(code: Int)

    /// - Returns: nil for a line that is none of these.
    package init?(line: ArraySlice<UInt8>) {
        guard let value = try? JSONValue(parsing: line) else { return nil }
        if let pid = value["child-pid"]?.integerValue, let pid = Int32(exactly: pid) {
            self = .child(pid: pid)
        } else if let code = value["exit-code"]?.integerValue {
            self = .exit(code: Int(code))
        } else if value["ready"]?.boolValue == true {
            self = .ready
        } else {
            return nil
        }
    }
}
