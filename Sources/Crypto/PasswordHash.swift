import CSodium

/// A password as it is kept: argon2id with its salt and cost (RFC 9106), as one line of ASCII.
///
/// Making and matching one takes about 100 ms of a core and 64 MiB: do it on a thread of its own,
/// never on an event loop, and limit how many run at once.
public struct PasswordHash: Sendable {
    /// The line to keep, `$argon2id$v=19$m=65536,t=2,p=1$…`, under 128 characters.
    public let stored: String

    /// Hashes with a fresh salt and libsodium's interactive cost (`crypto_pwhash_str`).
    ///
    /// - Throws: `CryptoError.passwordHashing` when the memory is not there.
    public init(hashing password: String) throws(CryptoError) {
        let memoryBytes = crypto_pwhash_memlimit_interactive()
        let secret = password.utf8.map { CChar(bitPattern: $0) }
        var line = [CChar](repeating: 0, count: crypto_pwhash_strbytes())
        let status = unsafe crypto_pwhash_str(
            &line, secret, UInt64(secret.count), UInt64(crypto_pwhash_opslimit_interactive()),
            memoryBytes)
        guard status == 0 else { throw .passwordHashing(memoryBytes: memoryBytes) }
        let characters = line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        stored = String(decoding: characters, as: UTF8.self)
    }

    /// Takes a line kept earlier; `nil` unless it looks like one of argon2id.
    public init?(stored: String) {
        guard
            stored.hasPrefix("$argon2id$"), stored.utf8.count < crypto_pwhash_strbytes(),
            stored.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
        else { return nil }
        self.stored = stored
    }

    /// Whether the password is the one that was hashed (`crypto_pwhash_str_verify`, constant time);
    /// false also for a damaged line and where the memory is missing.
    public func matches(_ password: String) -> Bool {
        let secret = password.utf8.map { CChar(bitPattern: $0) }
        return unsafe crypto_pwhash_str_verify(stored, secret, UInt64(secret.count)) == 0
    }
}
