import CSodium

/// Unpredictable bytes of the system's generator, from any thread.
public enum SecureRandom {
    /// Makes `count` bytes (`randombytes_buf`).
    public static func bytes(_ count: Int) -> [UInt8] {
        unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, initialised in
            if let start = buffer.baseAddress { unsafe randombytes_buf(start, count) }
            initialised = count
        }
    }

    /// Makes 128 bits as 22 characters of `A-Z a-z 0-9 - _`: unique for all practical time.
    public static func identifier() -> String {
        Base64URL.encode(bytes(16))
    }

    /// Makes a number in `0..<bound`, each equally likely; 0 for a bound below 2
    /// (`randombytes_uniform`).
    public static func uniform(below bound: UInt32) -> UInt32 {
        randombytes_uniform(bound)
    }
}
