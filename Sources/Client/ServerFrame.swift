/// One frame from a WebSocket server (RFC 6455 §5.2).
package struct ServerFrame: Equatable {
    package enum Opcode: UInt8 {
        case continuation = 0
        case text = 1
        case binary = 2
        case close = 8
        case ping = 9
        case pong = 10
    }

    package let opcode: Opcode
    package let isFinal: Bool
    package let payload: [UInt8]

    package init(opcode: Opcode, isFinal: Bool, payload: [UInt8]) {
        self.opcode = opcode
        self.isFinal = isFinal
        self.payload = payload
    }
}

/// Why bytes are no WebSocket frames of a server.
package enum FrameError: Error, Equatable {
    case reservedBits
    case unknownOpcode(UInt8)
    /// A server's frames are never masked (§5.1).
    case masked
    case tooLarge(UInt64)
}

/// Cuts a server's bytes into frames.
package struct ServerFrameParser {
    /// Larger than any message that the product sends.
    static let maximumPayloadBytes: UInt64 = 8 * 1024 * 1024

    private var buffer: [UInt8] = []

    package init() {}

    package mutating func append(_ bytes: [UInt8]) { buffer += bytes }

    /// The next complete frame, or nil until more has arrived.
    package mutating func next() throws(FrameError) -> ServerFrame? {
        guard buffer.count >= 2 else { return nil }
        guard buffer[0] & 0x70 == 0 else { throw .reservedBits }
        guard let opcode = ServerFrame.Opcode(rawValue: buffer[0] & 0x0f) else {
            throw .unknownOpcode(buffer[0] & 0x0f)
        }
        guard buffer[1] & 0x80 == 0 else { throw .masked }
        let lengthBytes = [126: 2, 127: 8][buffer[1] & 0x7f] ?? 0
        guard buffer.count >= 2 + lengthBytes else { return nil }
        let length =
            lengthBytes == 0
            ? UInt64(buffer[1] & 0x7f)
            : buffer[2..<2 + lengthBytes].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard length <= Self.maximumPayloadBytes else { throw .tooLarge(length) }
        let start = 2 + lengthBytes
        let end = start + Int(length)
        guard buffer.count >= end else { return nil }
        let frame = ServerFrame(
            opcode: opcode, isFinal: buffer[0] & 0x80 != 0, payload: Array(buffer[start..<end]))
        buffer.removeSubrange(..<end)
        return frame
    }
}

/// A client's frames: masked with four random bytes each (RFC 6455 §5.3).
package enum ClientFrame {
    package static func encoded(_ opcode: ServerFrame.Opcode, _ payload: [UInt8]) -> [UInt8] {
        var random = SystemRandomNumberGenerator()
        let mask = (0..<4).map { _ in UInt8.random(in: .min ... .max, using: &random) }
        var bytes: [UInt8] = [0x80 | opcode.rawValue]
        switch payload.count {
        case ..<126: bytes.append(0x80 | UInt8(payload.count))
        case ..<65_536:
            bytes += [0xfe, UInt8(payload.count >> 8), UInt8(payload.count & 0xff)]
        default:
            bytes.append(0xff)
            for shift in stride(from: 56, through: 0, by: -8) {
                bytes.append(UInt8(truncatingIfNeeded: payload.count >> shift))
            }
        }
        bytes += mask
        for (index, byte) in payload.enumerated() { bytes.append(byte ^ mask[index % 4]) }
        return bytes
    }
}
