/// From the accepted socket to the answered request.
extension WebSocketConnection {
    func receiveHead(_ bytes: Span<UInt8>) {
        let searchStart = max(0, head.count - 3)
        unsafe bytes.withUnsafeBufferPointer { unsafe head.append(contentsOf: $0) }
        let maximum = server.configuration.maximumHeadBytes
        guard let headEnd = Self.endOfHead(head, from: searchStart) else {
            if head.count > maximum { refuse(.headTooLarge(maximumBytes: maximum)) }
            return
        }
        guard headEnd <= maximum else { return refuse(.headTooLarge(maximumBytes: maximum)) }
        let rest = Array(head[(headEnd + 4)...])
        let request = head[..<headEnd]
        head = []
        do {
            decide(try Handshake.parse(request))
        } catch {
            return refuse(error)
        }
        if !rest.isEmpty { transportReceived(rest.span) }
    }

    private static func endOfHead(_ head: [UInt8], from start: Int) -> Int? {
        let end: [UInt8] = [0x0d, 0x0a, 0x0d, 0x0a]
        guard head.count >= 4, start <= head.count - 4 else { return nil }
        return (start...(head.count - 4)).first {
            head[$0] == 0x0d && head[$0..<($0 + 4)] == end[...]
        }
    }

    private func decide(_ parsed: Handshake.Parsed) {
        guard let delegate = server.delegate else { return server.doom(self) }
        perform(delegate.decide(parsed.request), on: parsed)
    }

    private func perform(_ decision: HandshakeDecision, on parsed: Handshake.Parsed) {
        switch decision {
        case .later(let ask):
            phase = .deciding
            ask { [weak self] decision in self?.decided(decision, on: parsed) }
        case .refuse(let refusal):
            answer(Handshake.response(refusal, withBody: parsed.request.method != "HEAD"))
        case .accept(let subprotocol, let state):
            precondition(parsed.request.isUpgrade, "only an upgrade can be accepted")
            self.state = state
            phase = .open
            wasOpened = true
            deadline = nil
            server.connectionOpened(self)
            let response = Handshake.acceptance(of: parsed.key, subprotocol: subprotocol)
            _ = send(response.span)
            server.delegate?.opened(self)
        }
    }

    /// Frames that a client sends without waiting for the answer.
    func keepForLater(_ bytes: Span<UInt8>) {
        unsafe bytes.withUnsafeBufferPointer { unsafe head.append(contentsOf: $0) }
        let maximum = server.configuration.maximumHeadBytes
        if head.count > maximum { refuse(.headTooLarge(maximumBytes: maximum)) }
    }

    private func decided(_ decision: HandshakeDecision, on parsed: Handshake.Parsed) {
        // It may have gone meanwhile, or been refused.
        guard phase == .deciding else { return }
        let kept = head
        head = []
        perform(decision, on: parsed)
        if !kept.isEmpty { transportReceived(kept.span) }
    }

    func refuse(_ malformed: MalformedRequest) {
        guard var refusal = server.delegate?.refusal(of: malformed) else {
            return server.doom(self)
        }
        if malformed == .unsupportedVersion {
            refusal.headers.append((name: "Sec-WebSocket-Version", value: "13"))
        }
        answer(Handshake.response(refusal, withBody: true))
    }

    private func answer(_ response: [UInt8]) {
        head = []
        if send(response.span) { finish() }
    }
}
