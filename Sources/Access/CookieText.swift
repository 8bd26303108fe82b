/// Reads one cookie of a `Cookie` header (RFC 6265 §4.2.1).
public enum CookieText {
    /// What stands under a name.
    public enum Value: Equatable, Sendable {
        case absent
        /// A wrong percent escape, or several cookies of the name: a browser keeps one of a
        /// `__Host-` name, so somebody put the other there.
        case malformed
        case value(String)
    }

    /// The cookie of this name; `header` is all of them, joined by `;`.
    public static func value(of name: String, in header: String) -> Value {
        var found = Value.absent
        for pair in header.split(separator: ";") {
            let pair = trimmed(pair)
            guard let equals = pair.firstIndex(of: "="), trimmed(pair[..<equals]) == name else {
                continue
            }
            guard found == .absent else { return .malformed }
            found = read(trimmed(pair[pair.index(after: equals)...]))
        }
        return found
    }

    private static func read(_ text: Substring) -> Value {
        var text = text
        if text.utf8.count >= 2, text.hasPrefix("\""), text.hasSuffix("\"") {
            text = text.dropFirst().dropLast()
        }
        return PercentText.decoded(text).map { .value($0) } ?? .malformed
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text
        while text.first == " " || text.first == "\t" { text.removeFirst() }
        while text.last == " " || text.last == "\t" { text.removeLast() }
        return text
    }
}

/// Looks into a query without reading anything out of it.
enum QueryText {
    /// The first parameter that looks like a credential, however its name is written.
    static func credentialParameter(in query: String) -> String? {
        for pair in query.split(separator: "&") {
            let name = pair.prefix { $0 != "=" }
            let plain = PercentText.decoded(name) ?? String(name)
            let lowered = plain.lowercased()
            if PresentedCredentials.queryParameters.contains(lowered) { return lowered }
        }
        return nil
    }
}

/// Percent escapes (RFC 3986 §2.1).
enum PercentText {
    /// Nil for an escape that is not two hexadecimal digits, and for bytes that are not UTF-8.
    static func decoded(_ text: Substring) -> String? {
        guard text.utf8.contains(0x25) else { return String(text) }
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == 0x25 else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.popFirst().flatMap(digit),
                let low = rest.popFirst().flatMap(digit)
            else { return nil }
            bytes.append(high << 4 | low)
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x41 + 10
        case 0x61...0x66: byte - 0x61 + 10
        default: nil
        }
    }
}
