// A whole request: the first line is `METHOD /path?query`, the rest its body.
//
// Everybody is let in and the hub agrees with everything, so that bodies and queries are reached.

import Access
import Daemon
import FastCGIWorker
import FuzzSupport
import JSON
import Logging
import Protocol
import Realtime

struct OpenGate: Gate {
    func admit(_ request: Request) throws(AccessError) -> Caller {
        let credential = Credential(
            id: "c1", digest: "", subject: .apiKey, teamID: "t1", scopes: Set(Scope.allCases),
            expiresAt: nil, isInstallationAdmin: true)
        return Caller(principal: Principal(credential), isByCookie: false)
    }
}

/// Reads what it is asked as the hub does, and says yes.
struct AgreeingHub: HubCaller {
    func ask(_ question: HubQuestion) -> HubReply {
        let message = question.message(1)
        guard let bytes = message.envelope.encoded() else { return .refused(.init(.conflict, "")) }
        var parser = EnvelopeParser()
        unsafe bytes.withUnsafeBytes { unsafe parser.append($0) }
        let read = try? parser.next().map { envelope in try PeerMessage(envelope) }
        precondition(read == message, "the hub reads something else than \(message)")
        if case .publish(_, let events, let texts) = question { check(events, texts) }
        return .result([
            "ready": true, "token": "swl_l1.secret", "expiresAt": "2026-12-20T08:30:00.000Z",
            "me": ["teamId": "t1"],
        ])
    }

    /// Nobody parses the ready texts again before clients do.
    private func check(_ events: [ProducedEvent], _ texts: [UInt8]) {
        var rest = texts[...]
        for event in events {
            guard case .ready(let count) = event.content else { continue }
            let text = EventText.completed(rest.prefix(count), offset: 1)
            let document = try? JSONValue(parsing: text)  // none is what must not happen
            precondition(
                document?["eventId"]?.stringValue == event.eventID.text
                    && document?["channel"]?.stringValue == event.channel.description,
                "clients get another event than was published")
            rest = rest.dropFirst(count)
        }
    }
}

let handler = RequestHandler(
    hub: AgreeingHub(), gate: OpenGate(), settings: Settings(), metrics: Metrics(process: "fuzz"),
    logger: Logger(label: "fuzz") { _ in SwiftLogNoOpLogHandler() },
    now: { Timestamp(milliseconds: 0) })

Fuzzer.run { bytes in
    let line = bytes.prefix { $0 != UInt8(ascii: "\n") }
    let words = String(decoding: line, as: UTF8.self).split(separator: " ", maxSplits: 1)
    guard words.count == 2 else { return }
    let target = words[1].split(separator: "?", maxSplits: 1)
    let body = Array(bytes.dropFirst(line.count + 1))
    let response = handler.answer(
        Request(
            method: String(words[0]), path: target.first.map(String.init) ?? "",
            query: target.count > 1 ? String(target[1]) : nil, remoteAddress: "192.0.2.7",
            headers: { $0 == "content-type" ? ["application/json"] : [] },
            body: { _ in .success(body) }))
    precondition(response.status < 500, "an answer of \(response.status)")
    _ = response.output  // a line break in a header would end it
    guard response.status >= 400 else { return }
    let error = try? JSONValue(parsing: response.body)["error"]  // none is what must not happen
    precondition(error?["code"]?.stringValue != nil, "an error of another form")
}
