/// A string of a ``JSONReader``, with the halves of surrogate pairs at its ends.
///
/// A peer that cuts a text into pieces may cut within a pair: then the piece before ends in one half
/// and the next begins with the other.
public struct JSONText: Sendable, Equatable {
    /// A low surrogate in front of ``text``.
    public let leading: UInt16?
    /// Valid Unicode; half a pair within is U+FFFD.
    public let text: String
    /// A high surrogate behind ``text``.
    public let trailing: UInt16?

    public init(_ text: String) {
        self.text = text
        leading = nil
        trailing = nil
    }

    /// All of it, halves at the ends as U+FFFD.
    public var whole: String {
        (leading == nil ? "" : "\u{FFFD}") + text + (trailing == nil ? "" : "\u{FFFD}")
    }

    public var isEmpty: Bool { text.isEmpty && leading == nil && trailing == nil }

    /// Decodes what stands between the quotes; an escape that is none stands for itself.
    init(escaped source: ArraySlice<UInt8>) {
        var decoded: [UInt8] = []
        decoded.reserveCapacity(source.count)
        var leading: UInt16?
        var high: UInt16?
        var rest = source
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\\"), let escape = rest.popFirst() else {
                decoded.append(replacing: &high)
                decoded.append(byte)
                continue
            }
            let unit = escape == UInt8(ascii: "u") ? Self.unit(&rest) : Self.plain(escape)
            switch (high, unit) {
            case (let first?, 0xDC00...0xDFFF):
                decoded.append(UnicodeScalarPair(first, unit).scalar)
                high = nil
            case (_, 0xD800...0xDBFF):
                decoded.append(replacing: &high)
                high = unit
            case (nil, 0xDC00...0xDFFF) where decoded.isEmpty && leading == nil: leading = unit
            default:
                decoded.append(replacing: &high)
                decoded.append(Unicode.Scalar(unit) ?? "\u{FFFD}")
            }
        }
        self.leading = leading
        text = String(decoding: decoded, as: UTF8.self)
        trailing = high
    }

    /// Four hexadecimal digits; U+FFFD where they are fewer.
    private static func unit(_ rest: inout ArraySlice<UInt8>) -> UInt16 {
        let digits = String(decoding: rest.prefix(4), as: UTF8.self)
        guard digits.utf8.count == 4, let unit = UInt16(digits, radix: 16) else { return 0xFFFD }
        rest = rest.dropFirst(4)
        return unit
    }

    private static func plain(_ escape: UInt8) -> UInt16 {
        switch escape {
        case UInt8(ascii: "n"): 0x0A
        case UInt8(ascii: "t"): 0x09
        case UInt8(ascii: "r"): 0x0D
        case UInt8(ascii: "b"): 0x08
        case UInt8(ascii: "f"): 0x0C
        // Of a character beyond ASCII only the first byte stands here.
        default: escape < 0x80 ? UInt16(escape) : 0xFFFD
        }
    }
}

/// The two halves of one character beyond U+FFFF.
public struct UnicodeScalarPair: Sendable {
    public let scalar: Unicode.Scalar

    /// A high and a low surrogate; anything else is U+FFFD.
    public init(_ high: UInt16, _ low: UInt16) {
        guard UTF16.isLeadSurrogate(high), UTF16.isTrailSurrogate(low) else {
            scalar = "\u{FFFD}"
            return
        }
        let value = 0x10000 + (UInt32(high) - 0xD800) << 10 + (UInt32(low) - 0xDC00)
        scalar = Unicode.Scalar(value) ?? "\u{FFFD}"
    }
}

extension [UInt8] {
    fileprivate mutating func append(_ scalar: Unicode.Scalar) {
        append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
    }

    /// Half a pair that nothing follows.
    fileprivate mutating func append(replacing half: inout UInt16?) {
        guard half != nil else { return }
        half = nil
        append("\u{FFFD}" as Unicode.Scalar)
    }
}
