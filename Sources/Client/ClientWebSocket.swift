import HTTPClient
import JSON

/// One WebSocket to `/ws`, on the caller's thread: blocks until something arrives.
public final class ClientWebSocket {
    /// What arrived.
    public enum Arrival: Sendable, Equatable {
        case message([UInt8])
        /// The server's close frame; 1005 where it gave no code (RFC 6455 §7.1.5).
        case closed(code: UInt16, reason: String)
        /// The connection ended without one, 1006 in other words.
        case lost
    }

    private static let timeout: Duration = .seconds(10)
    private let stream: TLSStream
    private var parser = ServerFrameParser()
    private var partial: [UInt8] = []

    /// Connects and upgrades.
    ///
    /// A refusal before the upgrade is `ClientError.refused`.
    public init(
        origin: String, key: String?, trust: HTTPTrust
    ) throws(ClientError) {
        do throws(HTTPClientError) {
            stream = try TLSStream(origin: origin, trust: trust, timeout: Self.timeout)
        } catch {
            throw .transport(error)
        }
        try shakeHands(host: Self.host(of: origin), key: key)
    }

    /// Sends one text message.
    public func send(_ text: [UInt8]) throws(ClientError) {
        try write(ClientFrame.encoded(.text, text))
    }

    /// The next message or the end; nil when nothing came within `timeout`.
    ///
    /// Pings are answered.
    public func receive(timeout: Duration) throws(ClientError) -> Arrival? {
        do {
            while true {
                while let frame = try parser.next() {
                    if let arrival = try handle(frame) { return arrival }
                }
                guard let bytes = try stream.receive(timeout: timeout) else { return nil }
                guard !bytes.isEmpty else { return .lost }
                parser.append(bytes)
            }
        } catch let error as ClientError {
            throw error
        } catch let error as FrameError {
            throw .unexpectedAnswer("the server broke the WebSocket protocol: \(error)")
        } catch {
            // The transport's end without a close frame.
            return .lost
        }
    }

    /// Says goodbye; the server's answer is not awaited.
    public func close() {
        // On a connection that is gone already there is nobody to tell.
        try? write(ClientFrame.encoded(.close, [0x03, 0xe8]))
    }

    private func handle(_ frame: ServerFrame) throws(ClientError) -> Arrival? {
        switch frame.opcode {
        case .ping: try write(ClientFrame.encoded(.pong, frame.payload))
        case .pong: break
        case .close:
            // Echoed as RFC 6455 §5.5.1 wants it; the server may have gone already.
            try? write(ClientFrame.encoded(.close, Array(frame.payload.prefix(2))))
            guard frame.payload.count >= 2 else { return .closed(code: 1005, reason: "") }
            let code = UInt16(frame.payload[0]) << 8 | UInt16(frame.payload[1])
            return .closed(
                code: code, reason: String(decoding: frame.payload.dropFirst(2), as: UTF8.self))
        case .text, .binary, .continuation:
            partial += frame.payload
            guard partial.count <= Int(ServerFrameParser.maximumPayloadBytes) else {
                throw .unexpectedAnswer("a message of more than 8 MiB")
            }
            guard frame.isFinal else { return nil }
            defer { partial = [] }
            return .message(partial)
        }
        return nil
    }

    private func shakeHands(host: String, key: String?) throws(ClientError) {
        var random = SystemRandomNumberGenerator()
        let nonce = Base64.encode((0..<16).map { _ in .random(in: .min ... .max, using: &random) })
        var lines = [
            "GET /ws HTTP/1.1", "Host: \(host)", "Upgrade: websocket", "Connection: Upgrade",
            "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: \(nonce)",
            "Sec-WebSocket-Protocol: switchboard.v1",
        ]
        if let key { lines.append("x-api-key: \(key)") }
        try write(Array((lines + ["", ""]).joined(separator: "\r\n").utf8))
        let answer = try readAnswer()
        guard answer.status == 101 else { throw answer.refusal }
        let expected = Base64.encode(
            SHA1.digest(Array("\(nonce)258EAFA5-E914-47DA-95CA-C5AB0DC85B11".utf8)))
        guard answer.headers["sec-websocket-accept"] == expected else {
            throw .unexpectedAnswer("the server did not accept this WebSocket handshake")
        }
        parser.append(answer.rest)
    }

    /// At most 64 KiB of head; of a refusal also its body, as long as its length says.
    private func readAnswer() throws(ClientError) -> HandshakeAnswer {
        var received: [UInt8] = []
        while received.count <= 65_536 {
            if let answer = HandshakeAnswer(received) { return answer }
            do throws(HTTPClientError) {
                guard let bytes = try stream.receive(timeout: Self.timeout), !bytes.isEmpty else {
                    break
                }
                received += bytes
            } catch {
                throw .transport(error)
            }
        }
        throw .unexpectedAnswer("the handshake has no complete answer")
    }

    private func write(_ bytes: [UInt8]) throws(ClientError) {
        do throws(HTTPClientError) {
            try stream.send(bytes, timeout: Self.timeout)
        } catch {
            throw .transport(error)
        }
    }

    private static func host(of origin: String) -> String {
        origin.split(separator: "/").dropFirst().first.map(String.init) ?? ""
    }
}

/// The head of an HTTP/1.1 answer to a handshake, and what followed it.
package struct HandshakeAnswer {
    package let status: Int
    package let headers: [String: String]
    package let rest: [UInt8]

    /// Nil until it is complete.
    package init?(_ bytes: [UInt8]) {
        guard let end = bytes.firstRange(of: [13, 10, 13, 10]) else { return nil }
        let lines = String(decoding: bytes[..<end.lowerBound], as: UTF8.self)
            .split(separator: "\r\n")
        guard let words = lines.first?.split(separator: " "), words.count >= 2,
            let status = Int(words[1])
        else { return nil }
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let value = line[line.index(after: colon)...].drop { $0 == " " }
            headers[line[..<colon].lowercased()] = String(value)
        }
        let rest = Array(bytes[end.upperBound...])
        if status != 101, let length = headers["content-length"].flatMap({ Int($0) }),
            rest.count < min(length, 65_536)
        {
            return nil
        }
        self.status = status
        self.headers = headers
        self.rest = rest
    }

    package var refusal: ClientError {
        // A body that is no JSON is as good as none.
        RemoteClient.refusal((try? JSONValue(parsing: rest)) ?? .null, status: status)
    }
}
