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

    /// Hashes with a given salt and the same cost (`crypto_pwhash`), so that one computation can be
    /// compared with every hash that was made with it.
    ///
    /// - Throws: `CryptoError.passwordHashing` when the memory is not there.
    public init(hashing password: String, salt: PasswordSalt) throws(CryptoError) {
        let (operations, memoryBytes) = (
            crypto_pwhash_opslimit_interactive(), crypto_pwhash_memlimit_interactive()
        )
        let secret = password.utf8.map { CChar(bitPattern: $0) }
        var hash = [UInt8](repeating: 0, count: 32)
        let status = unsafe crypto_pwhash(
            &hash, UInt64(hash.count), secret, UInt64(secret.count), salt.bytes,
            UInt64(operations), memoryBytes, crypto_pwhash_alg_argon2id13())
        guard status == 0 else { throw .passwordHashing(memoryBytes: memoryBytes) }
        stored = Self.head(of: salt) + Base64.encode(hash)
    }

    /// What every line begins with that was made with this salt, at today's cost.
    private static func head(of salt: PasswordSalt) -> String {
        let memory = crypto_pwhash_memlimit_interactive() / 1_024
        let cost = "m=\(memory),t=\(crypto_pwhash_opslimit_interactive()),p=1"
        return "$argon2id$v=19$\(cost)$\(Base64.encode(salt.bytes))$"
    }

    /// Whether the line was made with this salt, at today's cost.
    public func isMade(with salt: PasswordSalt) -> Bool { stored.hasPrefix(Self.head(of: salt)) }

    /// Compares two lines in constant time (`sodium_memcmp`).
    public func isEqual(to other: PasswordHash) -> Bool {
        let (own, others) = (Array(stored.utf8), Array(other.stored.utf8))
        guard own.count == others.count else { return false }
        return unsafe sodium_memcmp(own, others, own.count) == 0
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

/// The salt of a password's hash, derived from a secret and a name.
public struct PasswordSalt: Sendable, Equatable {
    /// `crypto_pwhash_SALTBYTES` of them.
    let bytes: [UInt8]

    /// - Parameter secret: random, of one installation, so that no salt occurs in two of them.
    public init(secret: String, name: String) {
        let digest = Digest(of: "switchboard password salt\0\(secret)\0\(name)")
        bytes = Array(digest.bytes.prefix(Int(crypto_pwhash_saltbytes())))
    }
}

/// Base64 without padding, as argon2's own encoding has it.
private enum Base64 {
    static func encode(_ bytes: [UInt8]) -> String {
        let variant = Int32(sodium_base64_VARIANT_ORIGINAL_NO_PADDING)
        var text = [CChar](repeating: 0, count: sodium_base64_encoded_len(bytes.count, variant))
        unsafe sodium_bin2base64(&text, text.count, bytes, bytes.count, variant)
        return String(decoding: text.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
