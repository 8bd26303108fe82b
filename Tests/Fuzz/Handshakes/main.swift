// The head of a request before it becomes a WebSocket, up to the decision whom it lets in.

import Access
import Crypto
import Daemon
import FuzzSupport
import Protocol
import Realtime
import WebSocketWorker
import WebSockets

/// The secrets stand in the seeds.
let tokens = [CredentialID("k1"): "swk_k1.key", "l1": "swl_l1.login"]

let table = {
    var table = CredentialTable()
    let rows = tokens.compactMap { id, token in
        TokenForm.split(token).map { form, _, secret in
            Credential(
                id: id, digest: Digest(of: secret).hex,
                subject: form == .apiKey ? .apiKey : .login("u1", .member), teamID: "t1",
                scopes: [], expiresAt: nil)
        }
    }
    _ = table.apply(CredentialUpdate(isReset: true, changed: rows))
    return table
}()

let policy = HandshakePolicy(http: HTTPSettings(), webSocket: WebSocketSettings())

/// A head that says the same.
func head(_ parsed: Handshake.Parsed) -> [UInt8] {
    let request = parsed.request
    let upgrade: [(String, String?)] = [
        ("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Version", "13"),
    ]
    let others: [(String, String?)] = [
        ("Sec-WebSocket-Key", parsed.key.isEmpty ? nil : parsed.key), ("Host", request.host),
        ("Origin", request.origin), ("Cookie", request.cookie),
        ("Authorization", request.authorization), ("X-Api-Key", request.apiKey),
        ("X-Request-Id", request.requestID), ("X-Real-Ip", request.forwardedFor),
        ("Sec-WebSocket-Protocol", request.subprotocols.joined(separator: ", ")),
    ]
    let target = request.path + (request.query.map { "?\($0)" } ?? "")
    let lines = ((request.isUpgrade ? upgrade : []) + others).compactMap { name, value in
        value.map { "\(name): \($0)" }
    }
    let text = (["\(request.method) \(target) HTTP/1.1"] + lines).joined(separator: "\r\n")
    return Array(text.utf8)
}

/// The values of a header as another reader finds them: what stands between the colon and the end of
/// its line, without blanks.
func values(of name: String, in head: [UInt8]) -> [String] {
    head.split(separator: UInt8(ascii: "\n")).compactMap { line in
        let parts = line.split(
            separator: UInt8(ascii: ":"), maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, String(decoding: parts[0], as: UTF8.self).lowercased() == name
        else { return nil }
        let isBlank = { (byte: UInt8) in [0x09, 0x0d, 0x20].contains(byte) }
        let value = parts[1].drop(while: isBlank).reversed().drop(while: isBlank).reversed()
        return String(decoding: value, as: UTF8.self)
    }
}

func check(_ admission: Admission, _ request: HandshakeRequest, _ bytes: [UInt8]) {
    let resolution = admission.resolution
    precondition(request.isUpgrade && request.path == "/ws", "another request was let in")
    if resolution.source == .cookie {
        // Names of hosts have no case.
        precondition(
            request.origin?.lowercased() == "https://\(request.host?.lowercased() ?? "")",
            "a foreign page was let in")
    } else {
        let token = Array((tokens[resolution.principal.credentialID] ?? "").utf8)
        let starts = bytes.indices.dropLast(token.count - 1)
        precondition(
            starts.contains { bytes[$0...].starts(with: token) }, "let in without a secret")
    }
    let answer = Handshake.acceptance(of: "", subprotocol: admission.subprotocol)
    precondition(answer.count { $0 == UInt8(ascii: "\n") } <= 6, "the answer has a foreign line")
}

Fuzzer.run { bytes in
    guard let parsed = try? Handshake.parse(bytes[...]) else { return }  // answered 400
    let request = parsed.request
    precondition((try? Handshake.parse(head(parsed)[...])) == parsed, "written again it is another")
    for (name, value) in [
        ("authorization", request.authorization), ("host", request.host),
        ("origin", request.origin), ("x-api-key", request.apiKey),
        ("x-real-ip", request.forwardedFor),
    ] { precondition(value == values(of: name, in: bytes).first, "\(name) is read in two ways") }
    do throws(HandshakeRefusal) {
        let now = Timestamp(milliseconds: 0)
        check(try policy.decide(request, table, ConnectionCounts(), at: now), request, bytes)
    } catch {
        precondition((400..<500).contains(error.status), "an answer of \(error.status)")
        let answer = error.answer(requestID: RequestID(from: request.requestID))
        _ = Handshake.response(answer, withBody: true)  // a line break in a header would end it
    }
}
