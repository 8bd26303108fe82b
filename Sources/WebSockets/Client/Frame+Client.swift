extension Frame {
    /// Appends a frame as a client sends it: masked with a fresh key (RFC 6455 §5.3).
    static func appendMasked(_ opcode: Opcode, _ payload: [UInt8], to frames: inout [UInt8]) {
        let key = (0..<4).map { _ in UInt8.random(in: .min ... .max) }
        let start = frames.count
        appendHeader(opcode, payload.count, to: &frames)
        frames[start + 1] |= 0x80
        frames += key
        frames.reserveCapacity(frames.count + payload.count)
        for index in payload.indices { frames.append(payload[index] ^ key[index & 3]) }
    }

    /// Appends a client's close frame; no code is an empty one.
    static func appendMaskedClose(code: UInt16?, reason: String, to frames: inout [UInt8]) {
        appendMasked(.close, code.map { closePayload($0, reason) } ?? [], to: &frames)
    }
}
