/// A client's address and the network around it, in one spelling each, as limits count them.
///
/// A network is what one person usually has whole: a /64 of IPv6, a /24 of IPv4. An IPv4 address in
/// IPv6's clothes (`::ffff:192.0.2.1`) counts as what it is, and 6to4 (RFC 3056) by its /48, which
/// belongs to one IPv4 address.
public struct ClientAddress: Sendable, Hashable {
    /// The address; `local` for what is none, such as a Unix socket.
    public let address: String
    /// The network that it is in.
    public let network: String

    /// What one machine has at least: an IPv4 address, or the IPv6 network whose addresses are all its
    /// own.
    public var client: String { address.contains(":") ? network : address }

    /// Reads an address as web servers write it; never fails, because whoever has no address must
    /// still be counted.
    public init(_ text: String) {
        if let bytes = Self.fourBytes(text) {
            self.init(bytes)
        } else if let groups = Self.groups(text) {
            self.init(groups)
        } else {
            self.init(address: "local", network: "local")
        }
    }

    private init(address: String, network: String) {
        self.address = address
        self.network = network
    }

    private init(_ bytes: [UInt8]) {
        let words = bytes.map { "\($0)" }
        self.init(
            address: words.joined(separator: "."),
            network: words.prefix(3).joined(separator: ".") + ".0/24")
    }

    private init(_ groups: [UInt16]) {
        if groups.prefix(5).allSatisfy({ $0 == 0 }), groups[5] == 0xFFFF {
            self.init(groups.suffix(2).flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] })
            return
        }
        let words = groups.map { String($0, radix: 16) }
        let length = groups[0] == 0x2002 ? 3 : 4
        self.init(
            address: words.joined(separator: ":"),
            network: words.prefix(length).joined(separator: ":") + "::/\(length * 16)")
    }

    /// `192.0.2.1`; nil for anything else.
    private static func fourBytes(_ text: some StringProtocol) -> [UInt8]? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        let bytes = parts.compactMap { part in
            part.utf8.allSatisfy { (0x30...0x39).contains($0) } ? UInt8(part) : nil
        }
        return parts.count == 4 && bytes.count == 4 ? bytes : nil
    }

    /// Eight groups of RFC 4291 §2.2, with `::` and a dotted end; the zone (`%eth0`) is left out.
    private static func groups(_ text: String) -> [UInt16]? {
        let plain = text.prefix { $0 != "%" }
        guard let gap = plain.firstRange(of: "::") else {
            return words(plain).flatMap { $0.count == 8 ? $0 : nil }
        }
        guard let head = words(plain[..<gap.lowerBound]), let tail = words(plain[gap.upperBound...])
        else { return nil }
        let missing = 8 - head.count - tail.count
        guard missing > 0 else { return nil }
        return head + Array(repeating: 0, count: missing) + tail
    }

    private static func words(_ text: Substring) -> [UInt16]? {
        if text.isEmpty { return [] }
        var words: [UInt16] = []
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        for (index, part) in parts.enumerated() {
            if index == parts.count - 1, let bytes = fourBytes(part) {
                words.append(UInt16(bytes[0]) << 8 | UInt16(bytes[1]))
                words.append(UInt16(bytes[2]) << 8 | UInt16(bytes[3]))
            } else {
                guard (1...4).contains(part.utf8.count), part.first != "+",
                    let word = UInt16(part, radix: 16)
                else { return nil }
                words.append(word)
            }
        }
        return words
    }
}
