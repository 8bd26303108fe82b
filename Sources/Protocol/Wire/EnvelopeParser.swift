import JSON

/// Cuts a byte stream into envelopes; pure, any split of the bytes gives the same messages.
public struct EnvelopeParser: Sendable {
    private var buffer: [UInt8] = []
    private var start = 0

    /// The longest message that is taken; a listener allows a stranger less than a peer.
    public var maximumBytes: Int

    public init(maximumBytes: Int = Envelope.maximumBytes) {
        self.maximumBytes = maximumBytes
    }

    /// Bytes held that are no complete message yet; never above ``maximumBytes`` by more
    /// than what one call appended.
    public var pendingBytes: Int { buffer.count - start }

    public mutating func append(_ bytes: UnsafeRawBufferPointer) {
        unsafe buffer.append(contentsOf: bytes)
    }

    /// The next complete message, or nil until more bytes come.
    ///
    /// After an error the stream has no meaning any more: close it.
    public mutating func next() throws(WireError) -> Envelope? {
        guard pendingBytes >= Envelope.prefixBytes else { return compacted() }
        let total = Int(bigEndian(at: start))
        let headerLength = Int(bigEndian(at: start + 4))
        guard total <= maximumBytes else {
            throw .tooLarge(bytes: total, maximum: maximumBytes)
        }
        guard total >= 4 + headerLength, headerLength >= 2 else {
            throw .badLengths(total: total, header: headerLength)
        }
        guard pendingBytes >= 4 + total else { return compacted() }
        let headerStart = start + Envelope.prefixBytes
        let bodyStart = headerStart + headerLength
        let end = start + 4 + total
        let header = try parseHeader(buffer[headerStart..<bodyStart])
        let body = Array(buffer[bodyStart..<end])
        start = end
        return Envelope(header: header, body: body)
    }

    private func parseHeader(_ bytes: ArraySlice<UInt8>) throws(WireError) -> JSONObject {
        let value: JSONValue
        do {
            value = try JSONValue(parsing: bytes, maximumDepth: Limits.maximumJSONDepth + 8)
        } catch {
            throw .badHeader(error)
        }
        guard let object = value.objectValue else { throw .badField("header") }
        return object
    }

    private func bigEndian(at index: Int) -> UInt32 {
        UInt32(buffer[index]) << 24 | UInt32(buffer[index + 1]) << 16
            | UInt32(buffer[index + 2]) << 8 | UInt32(buffer[index + 3])
    }

    /// Drops what was consumed; called when no complete message is left, so each byte moves once.
    private mutating func compacted() -> Envelope? {
        if start > 0 {
            buffer.removeSubrange(..<start)
            start = 0
        }
        return nil
    }
}
