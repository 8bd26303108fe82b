import Glibc
import HTTPClient

/// The address of a page, read so strictly that no other parser can read another host or port in
/// it: what is doubtful is refused, and what is sent is put together anew from the parts.
///
/// Of RFC 3986 it takes `http` and `https` with a host in letters, digits, hyphens and underscores,
/// an IPv4 address of four decimal numbers, or an IPv6 address in brackets. No user, no
/// backslash, no percent sign or character beyond ASCII before the path, no port that is empty, 0,
/// over 65,535 or begins with 0, no name that ends in a point or in a number.
package struct PageAddress: Sendable, Equatable {
    /// `http` or `https`.
    package let scheme: String
    /// In lower case; an IPv6 address as `inet_ntop(3)` writes it, in brackets.
    package let host: String
    package let port: Int
    /// Path and query, as they are sent; begins with a slash.
    private let target: String

    /// Why an address is not taken, in words that let the model mend it.
    package struct Problem: Error, Equatable, CustomStringConvertible {
        package let description: String
        init(_ description: String) { self.description = description }
    }

    package init(_ text: String) throws(Problem) {
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else {
            throw Problem("an address must not hold blanks or control characters")
        }
        guard !text.utf8.contains(UInt8(ascii: "\\")) else {
            throw Problem("an address must not hold a backslash; write / or %5C")
        }
        let bytes = Array(text.utf8)
        guard let (scheme, rest) = Self.scheme(of: bytes) else {
            throw Problem("only http and https addresses are fetched")
        }
        let authority = rest.prefix { !"/?#".utf8.contains($0) }
        let end = rest[authority.endIndex...]
        // Where no slash ends the host, some parsers read on to the next @.
        guard end.first == UInt8(ascii: "/") || !end.contains(UInt8(ascii: "@")) else {
            throw Problem("an @ after the host is doubtful; end the host with a slash")
        }
        let (host, port) = try Self.split(authority)
        self.scheme = scheme
        self.host = try Self.host(host)
        self.port = try Self.port(port) ?? (scheme == "http" ? 80 : 443)
        target = Self.target(end)
    }

    /// The address that is fetched.
    package var url: String { "\(scheme)://\(host):\(port)\(target)" }

    /// What a redirect from here leads to, absolute (RFC 3986 §5.2 without dot segments, which are
    /// no part of the host); still to be read.
    package func resolve(_ reference: String) throws(Problem) -> String {
        let bytes = Array(reference.utf8)
        let head = bytes.prefix { !"/?#".utf8.contains($0) }
        // A colon before any slash: it names a scheme, whatever that may be.
        if head.contains(UInt8(ascii: ":")) { return reference }
        guard !bytes.contains(UInt8(ascii: "\\")) else {
            throw Problem("an address must not hold a backslash")
        }
        if bytes.starts(with: "//".utf8) { return "\(scheme):\(reference)" }
        let path = target.utf8.prefix { $0 != UInt8(ascii: "?") }
        let kept: Substring.UTF8View
        switch bytes.first {
        case UInt8(ascii: "/"): kept = path.prefix(0)
        case UInt8(ascii: "?"): kept = path
        case UInt8(ascii: "#"), nil: kept = target.utf8[...]
        default:
            kept = path.prefix(
                upTo: path.lastIndex(of: UInt8(ascii: "/")).map {
                    path.index(after: $0)
                } ?? path.startIndex)
        }
        return "\(scheme)://\(host):\(port)\(Substring(kept))\(reference)"
    }

    /// Whether libcurl reads the same in `text`.
    package func isConfirmed(by text: String) -> Bool {
        guard let parts = URLParts(text) else { return false }
        return !parts.namesMore && parts.port == port
            && parts.scheme.utf8.elementsEqual(scheme.utf8)
            && parts.host.lowercased().utf8.elementsEqual(host.utf8)
    }

    private static func scheme(of bytes: [UInt8]) -> (String, ArraySlice<UInt8>)? {
        for scheme in ["http", "https"] {
            let head = Array("\(scheme)://".utf8)
            if bytes.prefix(head.count).map(lower) == head {
                return (scheme, bytes.dropFirst(head.count))
            }
        }
        return nil
    }

    /// The host, brackets included, and the port if there is a colon.
    private static func split(
        _ authority: ArraySlice<UInt8>
    ) throws(Problem) -> (ArraySlice<UInt8>, ArraySlice<UInt8>?) {
        guard !authority.isEmpty else { throw Problem("the address names no host") }
        guard !authority.contains(UInt8(ascii: "@")) else {
            throw Problem("an address with a user or password is refused")
        }
        let colon = UInt8(ascii: ":")
        guard authority.first == UInt8(ascii: "[") else {
            guard let index = authority.firstIndex(of: colon) else { return (authority, nil) }
            return (authority[..<index], authority[(index + 1)...])
        }
        guard let end = authority.firstIndex(of: UInt8(ascii: "]")) else {
            throw Problem("the bracket of its IPv6 address is never closed")
        }
        let rest = authority[(end + 1)...]
        guard rest.isEmpty || rest.first == colon else {
            throw Problem("something stands between its IPv6 address and the port")
        }
        return (authority[...end], rest.isEmpty ? nil : rest.dropFirst())
    }

    private static func port(_ digits: ArraySlice<UInt8>?) throws(Problem) -> Int? {
        guard let digits else { return nil }
        guard (1...5).contains(digits.count), digits.first != UInt8(ascii: "0"),
            digits.allSatisfy(isDigit), let port = Int(String(decoding: digits, as: UTF8.self)),
            port <= 65_535
        else { throw Problem("its port is none from 1 to 65535 in plain digits") }
        return port
    }

    /// Path and query; a fragment is the reader's own.
    ///
    /// What RFC 3986 has no place for is put in percent signs, as browsers do.
    private static func target(_ rest: ArraySlice<UInt8>) -> String {
        let sent = rest.prefix { $0 != UInt8(ascii: "#") }
        var target = sent.first == UInt8(ascii: "/") ? "" : "/"
        for byte in sent {
            if byte >= 0x80 || "\"<>^`{|}".utf8.contains(byte) {
                target += "%" + (byte < 0x10 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            } else {
                target.unicodeScalars.append(Unicode.Scalar(byte))
            }
        }
        return target
    }

    private static func lower(_ byte: UInt8) -> UInt8 {
        (0x41...0x5A).contains(byte) ? byte | 0x20 : byte
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
}

// Hosts.
extension PageAddress {
    private static func host(_ bytes: ArraySlice<UInt8>) throws(Problem) -> String {
        if bytes.first == UInt8(ascii: "[") { return try v6(bytes.dropFirst().dropLast()) }
        let lowered = bytes.map(lower)
        guard lowered.allSatisfy({ $0 < 0x80 && $0 != UInt8(ascii: "%") }) else {
            throw Problem(
                "its host is not plain ASCII; write the name as DNS has it (xn--…), without "
                    + "percent signs")
        }
        let labels = lowered.split(
            separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard lowered.count <= 253, labels.allSatisfy(isLabel), let last = labels.last else {
            throw Problem(
                "its host is not a name of labels of letters, digits and hyphens, up to 63 each, "
                    + "with points between them")
        }
        if endsInNumber(last) { try checkV4(labels) }
        return String(decoding: lowered, as: UTF8.self)
    }

    private static func isLabel(_ label: ArraySlice<UInt8>) -> Bool {
        let hyphen = UInt8(ascii: "-")
        return (1...63).contains(label.count) && label.first != hyphen && label.last != hyphen
            && label.allSatisfy {
                isDigit($0) || (0x61...0x7A).contains($0) || $0 == hyphen || $0 == UInt8(ascii: "_")
            }
    }

    /// Some parsers take such a name for an address: 1, 0x7f, 017, 2130706433, 127.1.
    private static func endsInNumber(_ label: ArraySlice<UInt8>) -> Bool {
        label.allSatisfy(isDigit)
            || label.starts(with: "0x".utf8)
                && label.dropFirst(2).allSatisfy { isDigit($0) || (0x61...0x66).contains($0) }
    }

    private static func checkV4(_ labels: [ArraySlice<UInt8>]) throws(Problem) {
        let isPlain =
            labels.count == 4
            && labels.allSatisfy { label in
                label.count <= 3 && label.allSatisfy(isDigit)
                    && (label.count == 1 || label.first != UInt8(ascii: "0"))
                    && Int(String(decoding: label, as: UTF8.self)).map { $0 <= 255 } == true
            }
        guard isPlain else {
            throw Problem(
                "its host is a number, but no IPv4 address of four decimal numbers from 0 to 255 "
                    + "without leading zeros")
        }
    }

    private static func v6(_ bytes: ArraySlice<UInt8>) throws(Problem) -> String {
        var address = in6_addr()
        let text = String(decoding: bytes, as: UTF8.self)
        guard bytes.count <= 45, !bytes.contains(0), unsafe inet_pton(AF_INET6, text, &address) == 1
        else {
            throw Problem("its host is no IPv6 address; zones (%) are not taken")
        }
        var buffer = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        guard
            unsafe inet_ntop(AF_INET6, &address, &buffer, socklen_t(buffer.count)) != nil
        else { throw Problem("its IPv6 address cannot be written") }
        let shown = buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        return "[\(String(decoding: shown, as: UTF8.self))]"
    }
}
