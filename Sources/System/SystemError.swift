import Glibc

/// An `errno` in words: `No such file or directory (errno 2)`.
public struct SystemError: Error, Equatable, Sendable, CustomStringConvertible {
    public let number: Int32

    public init(_ number: Int32) { self.number = number }

    /// The error of the system call that just failed on this thread.
    public static var last: SystemError { SystemError(errno) }

    public var description: String {
        var text = [CChar](repeating: 0, count: 128)
        guard unsafe strerror_r(number, &text, text.count) == 0 else { return "errno \(number)" }
        let end = text.firstIndex(of: 0) ?? text.count
        let words = String(decoding: text[..<end].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return "\(words) (errno \(number))"
    }
}
