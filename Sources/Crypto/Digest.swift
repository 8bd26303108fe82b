import CSodium

/// A BLAKE2b-256 digest (RFC 7693), for tokens and keys of 128 random bits and more.
///
/// Such secrets need no salt and no slow hash: nobody enumerates them. Passwords do: `PasswordHash`.
public struct Digest: Sendable, Hashable {
    /// The number of bytes of every digest.
    public static let byteCount = 32

    /// `byteCount` bytes.
    public let bytes: [UInt8]

    /// Digests the bytes (`crypto_generichash` without a key).
    public init(of message: some Sequence<UInt8>) {
        let message = Array(message)
        var digest = [UInt8](repeating: 0, count: Self.byteCount)
        let status = unsafe crypto_generichash(
            &digest, digest.count, message, UInt64(message.count), nil, 0)
        precondition(status == 0, "BLAKE2b refused an output of 32 bytes")
        bytes = digest
    }

    /// Digests the UTF-8 bytes of the text.
    public init(of text: String) {
        self.init(of: text.utf8)
    }

    /// Takes a digest made earlier; `nil` unless it has 32 bytes.
    public init?(bytes: [UInt8]) {
        guard bytes.count == Self.byteCount else { return nil }
        self.bytes = bytes
    }

    /// Takes a digest from 64 hexadecimal digits of either case.
    public init?(hex: String) {
        guard hex.utf8.count == 2 * Self.byteCount else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Self.byteCount)
        var high: UInt8?
        for character in hex {
            guard let digit = character.hexDigitValue, character.isASCII else { return nil }
            if let first = high {
                bytes.append(first << 4 | UInt8(digit))
                high = nil
            } else {
                high = UInt8(digit)
            }
        }
        self.bytes = bytes
    }

    /// 64 lower-case hexadecimal digits.
    public var hex: String {
        let digits = Array("0123456789abcdef".utf8)
        return String(
            decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    /// Compares in constant time (`sodium_memcmp`), so that the time tells nothing about the bytes.
    public static func == (left: Digest, right: Digest) -> Bool {
        unsafe sodium_memcmp(left.bytes, right.bytes, byteCount) == 0
    }
}

extension Digest: CustomStringConvertible {
    public var description: String { hex }
}
