import Glibc
import System

/// Standard input as a whole.
enum StandardInput {
    /// More than a publish request can hold is of no use.
    static let maximumBytes = 16 * 1024 * 1024

    /// Blocks until its end.
    static func readAll() throws(CommandFailure) -> [UInt8] {
        var content: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = unsafe read(0, &chunk, chunk.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else {
                throw CommandFailure("could not read standard input: \(SystemError.last)")
            }
            if count == 0 { return content }
            content += chunk[..<count]
            guard content.count <= maximumBytes else {
                throw CommandFailure("standard input holds more than \(maximumBytes) bytes")
            }
        }
    }
}
