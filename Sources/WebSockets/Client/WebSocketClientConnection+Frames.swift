/// From the upgrade to the close frame: what the server's frames lead to, and what is sent.
extension WebSocketClientConnection {
    /// Most bytes of one write: the rest of them would be copied and kept by libwebsockets.
    private static let maximumWriteBytes = 64 * 1024

    /// Sends a text message, which must be UTF-8.
    public func send(_ text: [UInt8]) {
        guard phase == .open else { return }
        append(.text, text)
        flush()
    }

    /// Sends a close frame behind whatever waits, and awaits the server's, at most the configured
    /// time; where nothing is open yet, ends it at once.
    public func close(code: UInt16, reason: String) {
        switch phase {
        case .lookingUp, .connecting, .refused: end(.closed(code: code, reason: reason))
        case .open:
            phase = .closing
            ownClose = (code, reason)
            Frame.appendMaskedClose(code: code, reason: reason, to: &outbound)
            setDeadline(client.configuration.closeTimeout)
            flush()
            resumeReading()
        case .closing, .lingering, .dead: break
        }
    }

    /// Ends it at once, as lost.
    public func giveUp(_ reason: String) {
        guard phase == .open else { return }
        end(.closed(code: 1006, reason: reason))
    }

    func decode(_ bytes: Span<UInt8>) {
        var position = 0
        while phase == .open || phase == .closing {
            guard let event = decoder.next(in: bytes, from: &position) else { return }
            handle(event)
        }
    }

    private func handle(_ event: FrameDecoder.Event) {
        switch event {
        case .message(.text(let text)):
            if phase == .open { delegate?.received(text) }
        case .message(.binary):
            finish(answering: 1003, (1003, "a binary message"))
        case .ping(let payload):
            guard phase == .open else { return }
            append(.pong, payload)
            flush()
        case .pong: break
        case .close(let code, let reason): finish(answering: code, (code ?? 1005, reason))
        case .violation(let violation):
            finish(answering: violation.code, (violation.code, violation.reason))
        }
    }

    /// Ends with the code given, unless a close of ours went out before.
    private func finish(answering code: UInt16?, _ told: (code: UInt16, reason: String)) {
        if let ownClose {
            return endAndLinger(.closed(code: ownClose.code, reason: ownClose.reason))
        }
        Frame.appendMaskedClose(code: code, reason: "", to: &outbound)
        endAndLinger(.closed(code: told.code, reason: told.reason))
    }

    private func append(_ opcode: Frame.Opcode, _ payload: [UInt8]) {
        let limit = client.configuration.maximumOutboundBytes
        guard outbound.count + payload.count <= limit else {
            let words = "the server takes nothing; over \(limit) bytes are waiting for it"
            return end(.closed(code: 1006, reason: words))
        }
        Frame.appendMasked(opcode, payload, to: &outbound)
    }

    func flush() {
        while let socket, !outbound.isEmpty, !socket.hasBufferedOutput, phase != .dead {
            let piece = Array(outbound.prefix(Self.maximumWriteBytes))
            guard socket.write(piece.span) else {
                // Its end is told where it is known; a write that fails says the same.
                return phase == .closing
                    ? endAsAsked()
                    : end(.closed(code: 1006, reason: "the connection broke while writing"))
            }
            outbound.removeFirst(piece.count)
        }
    }
}
