/// What an identifier names, and which bytes it may hold.
///
/// The conforming types are empty enums.
public protocol IdentifierKind: SendableMetatype {
    /// The word for it in messages, such as `session id`.
    static var noun: String { get }

    /// Whether this byte may stand anywhere in such an identifier. Must be false for non-ASCII.
    static func admits(_ byte: UInt8) -> Bool
}

extension IdentifierKind {
    /// `A-Z a-z 0-9 . _ -`: safe in a channel name, a path segment and a log line alike.
    public static func admits(_ byte: UInt8) -> Bool { NameCharacters.admit(byte) }
}

/// `A-Z a-z 0-9 . _ -`: what identifiers and names from outside may hold.
public enum NameCharacters {
    public static func admit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "-"):
            true
        default:
            false
        }
    }
}

/// A validated name of 1–128 bytes; what kind of thing it names is part of its type.
///
/// Raw strings stop here: whoever holds an identifier needs no further check.
public struct Identifier<Kind: IdentifierKind>: Sendable, Hashable, CustomStringConvertible {
    /// The identifier as it came.
    public let text: String

    /// Checks text from outside.
    public init(parsing text: some StringProtocol) throws(IdentifierError) {
        try Self.check(text)
        self.text = String(text)
    }

    /// Throws where the text is no such identifier; builds nothing.
    static func check(_ text: some StringProtocol) throws(IdentifierError) {
        let count = text.utf8.count
        guard count > 0 else { throw .empty(noun: Kind.noun) }
        guard count <= IdentifierLimits.maximumBytes else {
            throw .tooLong(noun: Kind.noun, bytes: count)
        }
        var position = 0
        for byte in text.utf8 {
            guard Kind.admits(byte) else {
                throw .forbiddenByte(noun: Kind.noun, byte: byte, position: position)
            }
            position += 1
        }
    }

    /// The text itself, without a prefix.
    public var description: String { text }
}

extension Identifier: Comparable {
    /// Byte order, so that lists have one order everywhere.
    public static func < (left: Self, right: Self) -> Bool { left.text < right.text }
}

extension Identifier: ExpressibleByStringLiteral {
    /// A constant of the program; a malformed one is a programmer's mistake.
    public init(stringLiteral literal: String) {
        do {
            try self.init(parsing: literal)
        } catch {
            preconditionFailure("The literal \"\(literal)\" is no \(Kind.noun): \(error)")
        }
    }
}

/// The one limit that all identifiers share.
public enum IdentifierLimits {
    /// CONTRACT §2, Channels: long enough for two UUIDs and a prefix, short enough for an index key.
    public static let maximumBytes = 128
}

/// Why a text is no identifier of its kind.
public enum IdentifierError: Error, Equatable, CustomStringConvertible {
    case empty(noun: String)
    case tooLong(noun: String, bytes: Int)
    case forbiddenByte(noun: String, byte: UInt8, position: Int)

    /// What was read and why it was refused; holds nothing of the refused text but one byte.
    public var description: String {
        switch self {
        case .empty(let noun):
            "the \(noun) is empty; it takes 1 to \(IdentifierLimits.maximumBytes) characters"
        case .tooLong(let noun, let bytes):
            "the \(noun) has \(bytes) bytes; at most \(IdentifierLimits.maximumBytes) are allowed"
        case .forbiddenByte(let noun, let byte, let position):
            "the \(noun) holds the byte \(byte) at position \(position), which is not allowed there"
        }
    }
}
