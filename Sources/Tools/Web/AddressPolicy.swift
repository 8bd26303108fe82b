import HTTPClient

/// Which addresses belong to the public internet; everything else is somebody's inside.
///
/// By the registries of special-purpose addresses (RFC 6890 and its IANA lists). Addresses that
/// hold an IPv4 address are judged by that one.
package enum AddressPolicy {
    /// Whether an address may be fetched from.
    @Sendable package static func isPublic(_ address: RemoteAddress) -> Bool {
        switch address {
        case .v4(let number): !reserved.contains { $0.contains(number) }
        case .v6(let bytes): isPublic(v6: bytes)
        }
    }

    /// 2000::/3 is all that was ever given out; within it, what stands for something else.
    private static func isPublic(v6 bytes: [UInt8]) -> Bool {
        guard bytes.count == 16 else { return false }
        let isMapped =
            bytes.prefix(10).allSatisfy { $0 == 0 } && bytes[10] == 0xFF
            && bytes[11] == 0xFF
        let isTranslated = bytes.prefix(12) == [0, 0x64, 0xFF, 0x9B, 0, 0, 0, 0, 0, 0, 0, 0]
        if isMapped || isTranslated { return isPublic(.v4(v4(bytes[12...]))) }
        guard bytes[0] & 0xE0 == 0x20 else { return false }
        // ISATAP carries an IPv4 address behind any prefix (RFC 5214 §6.1).
        if bytes[8] & 0xFD == 0, bytes[9...11] == [0, 0x5E, 0xFE] {
            return isPublic(.v4(v4(bytes[12...])))
        }
        // 6to4 carries an IPv4 address, Teredo a hidden one.
        if bytes[0] == 0x20, bytes[1] == 0x02 { return isPublic(.v4(v4(bytes[2..<6]))) }
        let isSpecial = bytes[0] == 0x20 && bytes[1] == 0x01 && bytes[2] < 0x02
        let isDocumentation =
            bytes.prefix(4) == [0x20, 0x01, 0x0D, 0xB8] || bytes.prefix(2) == [0x3F, 0xFF]
        return !isSpecial && !isDocumentation
    }

    private static func v4(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        bytes.reduce(0) { $0 << 8 | UInt32($1) }
    }

    private struct Block {
        let first: UInt32
        let bits: UInt32
        func contains(_ address: UInt32) -> Bool {
            address >> (32 - bits) == first >> (32 - bits)
        }
    }

    private static func block(_ a: UInt32, _ b: UInt32, _ c: UInt32, _ bits: UInt32) -> Block {
        Block(first: a << 24 | b << 16 | c << 8, bits: bits)
    }

    private static let reserved = [
        block(0, 0, 0, 8), block(10, 0, 0, 8), block(100, 64, 0, 10), block(127, 0, 0, 8),
        block(169, 254, 0, 16), block(172, 16, 0, 12), block(192, 0, 0, 24), block(192, 0, 2, 24),
        block(192, 31, 196, 24), block(192, 52, 193, 24), block(192, 88, 99, 24),
        block(192, 168, 0, 16), block(192, 175, 48, 24), block(198, 18, 0, 15),
        block(198, 51, 100, 24), block(203, 0, 113, 24), block(224, 0, 0, 4), block(240, 0, 0, 4),
        // The host of a virtual machine of Azure, in no registry: it hands out certificates.
        Block(first: 168 << 24 | 63 << 16 | 129 << 8 | 16, bits: 32),
    ]
}
