/// Whose frames are read: a client's are masked, a server's are not (RFC 6455 §5.1).
package enum FrameSender {
    case client
    case server
}

/// The head of one frame, RFC 6455 §5.2.
struct FrameHeader: Equatable {
    let opcode: Frame.Opcode
    let isFinal: Bool
    let payloadBytes: Int
    /// The masking key: its first byte in the lowest 8 bits; 0 where nothing is masked.
    let mask: UInt32

    /// Reads a header from the first bytes of a frame.
    /// - Returns: nil while `bytes`, never longer than a header, are not all of it.
    /// - Throws: as soon as a byte cannot be part of what the sender may send here.
    init?(_ bytes: [UInt8], from sender: FrameSender) throws(FrameDecoder.Violation) {
        guard let first = bytes.first else { return nil }
        guard first & 0x70 == 0 else { throw .broken("reserved bits without an extension") }
        guard let opcode = Frame.Opcode(rawValue: first & 0x0f) else {
            throw .broken("unknown opcode \(first & 0x0f)")
        }
        let isFinal = first & 0x80 != 0
        if opcode.isControl, !isFinal { throw .broken("fragmented control frame") }
        guard bytes.count > 1 else { return nil }
        let isMasked = bytes[1] & 0x80 != 0
        guard isMasked == (sender == .client) else {
            throw .broken(isMasked ? "frame with a mask" : "frame without a mask")
        }
        let short = bytes[1] & 0x7f
        if opcode.isControl, short > Frame.maximumControlBytes {
            throw .broken("control frame over \(Frame.maximumControlBytes) bytes")
        }
        let lengthBytes = short == 126 ? 2 : short == 127 ? 8 : 0
        guard bytes.count == 2 + lengthBytes + (isMasked ? 4 : 0) else { return nil }
        let length = bytes[2..<(2 + lengthBytes)].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard let payloadBytes = Int(exactly: lengthBytes == 0 ? UInt64(short) : length) else {
            throw .broken("payload length over 63 bits")
        }
        let smallest = lengthBytes == 8 ? 0x1_0000 : lengthBytes == 2 ? 126 : 0
        guard payloadBytes >= smallest else { throw .broken("payload length not minimal") }
        self.opcode = opcode
        self.isFinal = isFinal
        self.payloadBytes = payloadBytes
        mask = isMasked ? bytes.suffix(4).reversed().reduce(0) { $0 << 8 | UInt32($1) } : 0
    }
}
