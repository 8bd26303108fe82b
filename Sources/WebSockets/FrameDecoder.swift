/// Takes a peer's bytes apart into messages and control frames, strictly after RFC 6455.
///
/// libwebsockets' own decoder is not used, because version 4.1.6 takes unmasked frames from a
/// client (§5.1 wants 1002), ends the connection without a close frame on an illegal length or a
/// close reason that is not UTF-8, does not limit a message over its fragments, and hides pings;
/// to a client it tells every server's 1012, 1013 and 1014 as 1002 (`lws_ws_client_rx_sm`).
package struct FrameDecoder {
    /// What a piece of input completed.
    package enum Event: Equatable {
        case message(InboundMessage)
        case ping([UInt8])
        case pong
        /// The peer's close frame; no code is nil (§7.1.5).
        case close(code: UInt16?, reason: String)
        /// The input breaks the protocol or a limit; it must not be decoded any further.
        case violation(Violation)
    }

    /// Why a peer is closed, with the code that it gets for it (RFC 6455 §7.4.1).
    package struct Violation: Error, Equatable {
        package let code: UInt16
        package let reason: String

        static func broken(_ reason: String) -> Violation { Violation(code: 1002, reason: reason) }
        static let notUTF8 = Violation(code: 1007, reason: "text is not UTF-8")
        static func tooLarge(_ maximumBytes: Int) -> Violation {
            Violation(code: 1009, reason: "message over \(maximumBytes) bytes")
        }
    }

    /// Enough for any client that sends in pieces; a flood of empty ones would cost only time.
    private static let maximumFragments = 1_000

    private enum State {
        case header
        case payload(FrameHeader, remaining: Int)
    }

    private let sender: FrameSender
    private let maximumMessageBytes: Int
    private var state = State.header
    /// Bytes of a header that is not complete yet.
    private var partialHeader: [UInt8] = []
    /// What has come of the message, over all of its fragments.
    private var message: [UInt8] = []
    private var messageOpcode: Frame.Opcode?
    private var fragments = 0
    private var control: [UInt8] = []

    package init(from sender: FrameSender = .client, maximumMessageBytes: Int) {
        self.sender = sender
        self.maximumMessageBytes = maximumMessageBytes
    }

    /// Decodes `input` from `position` on, up to the next event.
    /// - Returns: nil when everything was taken and nothing is complete; after an event, call again.
    package mutating func next(in input: Span<UInt8>, from position: inout Int) -> Event? {
        do {
            while true {
                switch state {
                case .header:
                    guard let header = try takeHeader(input, &position) else { return nil }
                    try begin(header)
                case .payload(let header, let remaining):
                    let rest = take(input, &position, header, remaining)
                    guard rest == 0 else {
                        state = .payload(header, remaining: rest)
                        return nil
                    }
                    state = .header
                    if let event = try end(header) { return event }
                }
            }
        } catch {
            return .violation(error)
        }
    }

    private mutating func takeHeader(
        _ input: Span<UInt8>, _ position: inout Int
    ) throws(Violation) -> FrameHeader? {
        while position < input.count {
            partialHeader.append(input[position])
            position += 1
            if let header = try FrameHeader(partialHeader, from: sender) {
                partialHeader.removeAll(keepingCapacity: true)
                return header
            }
        }
        return nil
    }

    /// Checks a header in its place, before any of its payload is kept.
    private mutating func begin(_ header: FrameHeader) throws(Violation) {
        state = .payload(header, remaining: header.payloadBytes)
        if header.opcode.isControl {
            control.removeAll(keepingCapacity: true)
            return
        }
        if header.opcode == .continuation {
            if messageOpcode == nil { throw .broken("continuation of no message") }
        } else {
            if messageOpcode != nil { throw .broken("message inside a fragmented message") }
            messageOpcode = header.opcode
            fragments = 0
        }
        fragments += 1
        if fragments > Self.maximumFragments {
            throw Violation(code: 1009, reason: "over \(Self.maximumFragments) fragments")
        }
        if header.payloadBytes > maximumMessageBytes - message.count {
            throw .tooLarge(maximumMessageBytes)
        }
    }

    /// Keeps what has come of a payload, unmasked (§5.3).
    private mutating func take(
        _ input: Span<UInt8>, _ position: inout Int, _ header: FrameHeader, _ remaining: Int
    ) -> Int {
        let count = min(remaining, input.count - position)
        let start = header.payloadBytes - remaining
        let mask = header.mask
        func unmask(into bytes: inout [UInt8]) {
            guard mask != 0 else {
                let piece = input.extracting(position..<position + count)
                unsafe piece.withUnsafeBufferPointer { unsafe bytes.append(contentsOf: $0) }
                return
            }
            bytes.reserveCapacity(bytes.count + count)
            for index in 0..<count {
                let byte = input[position + index]
                let shift = UInt32(8 * ((start + index) & 3))
                bytes.append(byte ^ UInt8(truncatingIfNeeded: mask >> shift))
            }
        }
        if header.opcode.isControl { unmask(into: &control) } else { unmask(into: &message) }
        position += count
        return remaining - count
    }

    private mutating func end(_ header: FrameHeader) throws(Violation) -> Event? {
        switch header.opcode {
        case .ping: return .ping(control)
        case .pong: return .pong
        case .close: return try ClosePayload.parse(control)
        case .text, .binary, .continuation:
            guard header.isFinal, let opcode = messageOpcode else { return nil }
            defer {
                message = []
                messageOpcode = nil
            }
            if opcode == .binary { return .message(.binary(message)) }
            guard isUTF8(message) else { throw .notUTF8 }
            return .message(.text(message))
        }
    }
}

/// The payload of a peer's close frame, RFC 6455 §5.5.1 and §7.4.
private enum ClosePayload {
    static func parse(
        _ payload: [UInt8]
    ) throws(FrameDecoder.Violation) -> FrameDecoder.Event {
        if payload.isEmpty { return .close(code: nil, reason: "") }
        if payload.count == 1 { throw .broken("close frame of one byte") }
        let code = UInt16(payload[0]) << 8 | UInt16(payload[1])
        guard mayBeSent(code) else { throw .broken("close code \(code)") }
        let reason = Array(payload.dropFirst(2))
        guard isUTF8(reason) else { throw .notUTF8 }
        return .close(code: code, reason: String(decoding: reason, as: UTF8.self))
    }

    private static func mayBeSent(_ code: UInt16) -> Bool {
        switch code {
        case 1000...1003, 1007...1014, 3000...4999: true
        default: false
        }
    }
}

private func isUTF8(_ bytes: [UInt8]) -> Bool {
    (try? UTF8Span(validating: bytes.span)) != nil
}
