/// Frames as a server sends them: whole, final, unmasked (RFC 6455 §5.1, §5.2).
public enum Frame {
    /// What a frame is, RFC 6455 §5.2.
    enum Opcode: UInt8 {
        case continuation = 0
        case text = 1
        case binary = 2
        case close = 8
        case ping = 9
        case pong = 10

        var isControl: Bool { rawValue >= 8 }
    }

    /// The longest payload of a control frame, RFC 6455 §5.5.
    static let maximumControlBytes = 125
    /// The bytes that ``appendText(_:to:)`` adds to a payload at most.
    public static let maximumHeaderBytes = 10

    /// Appends a text frame around `payload`, which must be UTF-8.
    public static func appendText(_ payload: Span<UInt8>, to frames: inout [UInt8]) {
        append(.text, payload, to: &frames)
    }

    /// Appends a text frame around `payload`, which must be UTF-8.
    public static func appendText(_ payload: [UInt8], to frames: inout [UInt8]) {
        append(.text, payload.span, to: &frames)
    }

    /// Appends a ping without a payload.
    public static func appendPing(to frames: inout [UInt8]) {
        frames.append(0x80 | Opcode.ping.rawValue)
        frames.append(0)
    }

    static func appendPong(_ payload: [UInt8], to frames: inout [UInt8]) {
        append(.pong, payload.span, to: &frames)
    }

    /// Appends a close frame; a reason that does not fit is cut at a character.
    public static func appendClose(
        code: UInt16, reason: String, to frames: inout [UInt8]
    ) {
        append(.close, closePayload(code, reason).span, to: &frames)
    }

    static func closePayload(_ code: UInt16, _ reason: String) -> [UInt8] {
        var text = reason
        while text.utf8.count > maximumControlBytes - 2 { text.removeLast() }
        return [UInt8(code >> 8), UInt8(code & 0xff)] + Array(text.utf8)
    }

    /// A close frame without a code, the answer to one.
    static func appendEmptyClose(to frames: inout [UInt8]) {
        append(.close, Span<UInt8>(), to: &frames)
    }

    /// How many bytes the leading whole frames take, up to `maximum`, but at least the first one.
    ///
    /// - Parameter frames: whole frames as made here. Costs a step per frame.
    public static func wholeFrames(in frames: Span<UInt8>, upTo maximum: Int) -> Int {
        guard frames.count > maximum else { return frames.count }
        var end = 0
        repeat {
            let next = end + bytesOfFirstFrame(in: frames.extracting(droppingFirst: end))
            if next > maximum, end > 0 { return end }
            end = next
        } while end < frames.count
        return end
    }

    private static func bytesOfFirstFrame(in frames: Span<UInt8>) -> Int {
        func number(_ bytes: Int) -> Int {
            (2..<2 + bytes).reduce(0) { $0 << 8 | Int(frames[$1]) }
        }
        switch frames[1] {
        case 127: return 10 + number(8)
        case 126: return 4 + number(2)
        case let count: return 2 + Int(count)
        }
    }

    private static func append(
        _ opcode: Opcode, _ payload: Span<UInt8>, to frames: inout [UInt8]
    ) {
        appendHeader(opcode, payload.count, to: &frames)
        unsafe payload.withUnsafeBufferPointer { unsafe frames.append(contentsOf: $0) }
    }

    static func appendHeader(
        _ opcode: Opcode, _ count: Int, to frames: inout [UInt8]
    ) {
        frames.append(0x80 | opcode.rawValue)
        if count < 126 {
            frames.append(UInt8(count))
        } else if count <= 0xffff {
            frames.append(126)
            frames.append(UInt8(count >> 8))
            frames.append(UInt8(count & 0xff))
        } else {
            frames.append(127)
            for shift in stride(from: 56, through: 0, by: -8) {
                frames.append(UInt8(truncatingIfNeeded: count >> shift))
            }
        }
    }
}
