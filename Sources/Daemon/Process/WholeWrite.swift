import Glibc

/// Writes all of some bytes, where `write(2)` may take a part or be interrupted.
public enum WholeWrite {
    /// Blocks while the other side does not read.
    ///
    /// - Returns: false, with `errno` set, where not all could be written.
    public static func write(_ bytes: some Collection<UInt8>, to descriptor: Int32) -> Bool {
        var rest = Array(bytes)[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes { buffer in
                unsafe Glibc.write(descriptor, buffer.baseAddress, buffer.count)
            }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }
}
