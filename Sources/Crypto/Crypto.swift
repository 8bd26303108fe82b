import CSodium

/// What concerns libsodium as a whole.
public enum Crypto {
    /// Prepares libsodium (`sodium_init`).
    ///
    /// Call it once in `main`, before any other use of this module; later calls change nothing.
    ///
    /// - Throws: `CryptoError.unavailable` where the system has no source of randomness.
    public static func initialise() throws(CryptoError) {
        if sodium_init() < 0 { throw .unavailable }
    }
}

/// What can fail in operation.
public enum CryptoError: Error, Equatable, CustomStringConvertible {
    case unavailable
    /// Hashing a password needs this many bytes of memory, and they were not there.
    case passwordHashing(memoryBytes: Int)

    public var description: String {
        switch self {
        case .unavailable:
            "could not prepare libsodium: the system offers no randomness (is /dev/urandom there?)"
        case .passwordHashing(let bytes):
            "could not hash a password: no \(bytes) bytes of memory; raise the memory limit"
        }
    }
}
