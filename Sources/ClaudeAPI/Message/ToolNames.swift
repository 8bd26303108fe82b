import Crypto

/// Names and ids of tool uses as the API takes them back: `[A-Za-z0-9_-]`, 1 to 64 of them.
///
/// A model or a gateway may make up anything. What the API would refuse is replaced once, where it
/// comes in, always by the same; so that results find their uses without anybody keeping a list.
enum ToolNames {
    static let maximumBytes = 64

    /// Another character becomes `_`, and what is too long is cut.
    static func name(_ text: String) -> String {
        guard !isTaken(text) else { return text }
        let name = text.unicodeScalars.prefix(maximumBytes).map { scalar in
            scalar.isASCII && isTaken(UInt8(scalar.value)) ? Character(scalar) : "_"
        }
        return name.isEmpty ? "unnamed" : String(name)
    }

    /// Another id becomes a digest of it.
    static func identifier(_ text: String) -> String {
        isTaken(text) ? text : "toolu_" + Digest(of: text).hex.prefix(32)
    }

    private static func isTaken(_ text: String) -> Bool {
        (1...maximumBytes).contains(text.utf8.count) && text.utf8.allSatisfy { isTaken($0) }
    }

    private static func isTaken(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}
