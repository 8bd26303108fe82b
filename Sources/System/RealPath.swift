/// The names of a path, compared by their bytes.
///
/// In Swift, texts of different bytes can be equal, and a combining mark after a slash hides that
/// slash: neither may decide what lies within a folder.
public struct RealPath: Sendable, Equatable {
    public let parts: [String]

    /// Of an absolute path, or of one below something else; empty names are left out.
    public init(_ path: String) {
        parts = path.utf8.split(separator: UInt8(ascii: "/")).map { String(Substring($0)) }
    }

    public init(parts: [String]) { self.parts = parts }

    /// As text, with a slash at its beginning.
    public var text: String { "/" + parts.joined(separator: "/") }

    /// The names between, for a path that is the other or lies below it; nil for any other.
    public func parts(below other: RealPath) -> [String]? {
        guard parts.count >= other.parts.count, zip(parts, other.parts).allSatisfy(Self.isSame)
        else { return nil }
        return Array(parts.dropFirst(other.parts.count))
    }

    public func isWithin(_ other: RealPath) -> Bool { parts(below: other) != nil }

    /// Whether one of them holds the other, or they are the same.
    public func overlaps(_ other: RealPath) -> Bool { isWithin(other) || other.isWithin(self) }

    public static func == (one: RealPath, other: RealPath) -> Bool {
        one.parts.count == other.parts.count && zip(one.parts, other.parts).allSatisfy(isSame)
    }

    private static func isSame(_ one: String, _ other: String) -> Bool {
        one.utf8.elementsEqual(other.utf8)
    }
}
