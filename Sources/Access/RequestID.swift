import Crypto
import Protocol
import Realtime

/// The name of one HTTP request in answers and logs: the caller's `x-request-id`, or one of ours.
public struct RequestID: Sendable, Equatable, CustomStringConvertible {
    public let text: String

    /// Takes a header of 1–64 of `A-Z a-z 0-9 . _ -`; makes an id from anything else.
    public init(from header: String?) {
        if let header, Self.isUsable(header) {
            text = header
        } else {
            text = SecureRandom.identifier()
        }
    }

    public var description: String { text }

    private static func isUsable(_ header: String) -> Bool {
        (1...Limits.maximumCommandIDCharacters).contains(header.utf8.count)
            && header.utf8.allSatisfy(NameCharacters.admit)
    }
}
