import Glibc

/// Writes to file descriptor 2, a whole text at a time, so that lines of threads stay apart.
public enum StandardError {
    @Sendable public static func write(_ text: String) { write(Array(text.utf8)) }

    /// Blocks while a pipe behind it is full.
    ///
    /// Bytes that cannot be written are lost: there is no other place to complain.
    static func write(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes { buffer in
                unsafe Glibc.write(2, buffer.baseAddress, buffer.count)
            }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }
}
