extension JSONValue {
    /// Parses one JSON text, any value at its top.
    ///
    /// Refused: a key twice in one object, integers outside int64, doubles outside binary64, nesting
    /// beyond `maximumDepth`, invalid UTF-8, lone surrogates, a NUL in a key. A NUL inside a string
    /// value is kept. The cost is linear in the bytes; the caller limits their number.
    public init(
        parsing bytes: [UInt8], maximumDepth: Int = JSON.defaultMaximumDepth
    ) throws(JSONError) {
        self = try unsafe bytes.withUnsafeBytes { buffer in
            unsafe Self.parse(buffer, maximumDepth)
        }.get()
    }

    /// Parses a part of a larger buffer without copying it, with the rules of `init(parsing:)`.
    public init(
        parsing bytes: ArraySlice<UInt8>, maximumDepth: Int = JSON.defaultMaximumDepth
    ) throws(JSONError) {
        self = try unsafe bytes.withUnsafeBytes { buffer in
            unsafe Self.parse(buffer, maximumDepth)
        }.get()
    }

    /// Parses borrowed memory with the rules of `init(parsing:)`; nothing of it is kept.
    public init(
        parsing bytes: UnsafeRawBufferPointer, maximumDepth: Int = JSON.defaultMaximumDepth
    ) throws(JSONError) {
        self = try unsafe Self.parse(bytes, maximumDepth).get()
    }

    private static func parse(
        _ bytes: UnsafeRawBufferPointer, _ maximumDepth: Int
    ) -> Result<JSONValue, JSONError> {
        if let failure = unsafe Scan.failure(in: bytes, maximumDepth: maximumDepth) {
            return .failure(failure)
        }
        return unsafe Jansson.parse(bytes)
    }
}
