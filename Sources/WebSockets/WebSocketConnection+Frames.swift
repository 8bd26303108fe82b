/// From the upgrade to the close frame: what the client's frames lead to.
extension WebSocketConnection {
    func decode(_ bytes: Span<UInt8>) {
        var position = 0
        while phase == .open || phase == .closing {
            guard let event = decoder.next(in: bytes, from: &position) else { return }
            handle(event)
        }
    }

    private func handle(_ event: FrameDecoder.Event) {
        if case .violation(let violation) = event { return fail(violation) }
        if phase == .open { server.delegate?.receivedFrame(on: self) }
        switch event {
        case .message(let message):
            if phase == .open { server.delegate?.received(message, on: self) }
        case .ping(let payload): answerPing(payload)
        case .close(let code, _): peerCloses(code)
        case .pong, .violation: break
        }
    }

    func answerPing(_ payload: [UInt8]) {
        guard phase == .open else { return }
        guard output == .ready else {
            owedPong = payload
            return
        }
        owedPong = nil
        var frame: [UInt8] = []
        Frame.appendPong(payload, to: &frame)
        _ = send(frame.span)
    }

    private func peerCloses(_ code: UInt16?) {
        if phase == .open {
            end = .closedByPeer(code: code)
            sendClose(code, "")
        }
        finish()
    }

    private func fail(_ violation: FrameDecoder.Violation) {
        if phase == .open {
            end = .closedByServer(code: violation.code)
            sendClose(violation.code, violation.reason)
        }
        finish()
    }
}
