import Access
import Daemon
import FastCGI
import FastCGIWorker
import JSON
import Logging
import Protocol
import Realtime
import Synchronization
import TestSupport

/// A hub that answers every question in the same way and remembers what it was asked.
final class FakeHub: HubCaller {
    private let reply: HubReply
    private let asked = Mutex<[HubQuestion]>([])

    init(_ reply: HubReply = .result(["ok": true])) { self.reply = reply }

    var questions: [HubQuestion] { asked.withLock { $0 } }

    func ask(_ question: HubQuestion) -> HubReply {
        asked.withLock { $0.append(question) }
        return reply
    }
}

/// A gate that lets everybody in as one caller, or nobody.
struct FakeGate: Gate {
    var caller: Caller?

    static func key(_ scopes: Scope...) -> FakeGate { FakeGate(caller: caller(.apiKey, scopes)) }

    /// Of an admin of the installation.
    static func installationKey(_ scopes: Scope...) -> FakeGate {
        FakeGate(caller: caller(.apiKey, scopes, isInstallationAdmin: true))
    }

    static func cookie(_ scopes: Scope...) -> FakeGate {
        FakeGate(caller: caller(.login("u1", .admin), scopes, isByCookie: true))
    }

    func admit(_ request: Request) throws(AccessError) -> Caller {
        guard let caller else { throw .missing }
        return caller
    }

    private static func caller(
        _ subject: Credential.Subject, _ scopes: [Scope], isByCookie: Bool = false,
        isInstallationAdmin: Bool = false
    ) -> Caller {
        let credential = Credential(
            id: "c1", digest: "", subject: subject, teamID: "t1", scopes: Set(scopes),
            expiresAt: nil, isInstallationAdmin: isInstallationAdmin)
        return Caller(principal: Principal(credential), isByCookie: isByCookie)
    }
}

/// One handler between a fake gate and a fake hub.
struct Bench {
    let hub: FakeHub
    let handler: RequestHandler

    init(_ gate: FakeGate = .key(.admin), _ reply: HubReply = .result(["ok": true])) {
        hub = FakeHub(reply)
        var settings = Settings()
        settings.fastCGI.maximumBodyBytes = 100_000
        handler = RequestHandler(
            hub: hub, gate: gate, settings: settings, metrics: Metrics(process: "fcgi"),
            logger: .silent,
            now: { Timestamp(milliseconds: 0) })
    }

    func send(
        _ method: String, _ target: String, body: String? = nil, from address: String = "192.0.2.7",
        headers: [String: String] = ["content-type": "application/json"]
    ) -> Response {
        let parts = target.split(separator: "?", maxSplits: 1).map(String.init)
        let bytes = Array((body ?? "").utf8)
        return handler.answer(
            Request(
                method: method, path: parts[0], query: parts.count > 1 ? parts[1] : nil,
                remoteAddress: address, headers: { name in headers[name].map { [$0] } ?? [] },
                body: { maximum in
                    bytes.count > maximum
                        ? .failure(.tooLarge(maximumBytes: maximum)) : .success(bytes)
                }))
    }

    /// The parameters of the only operation that was asked for.
    var parameters: JSONObject? {
        guard hub.questions.count == 1, case .call(_, _, let fields) = hub.questions[0] else {
            return nil
        }
        return fields
    }
}

extension Response {
    var json: JSONValue? { try? JSONValue(parsing: body) }  // nil is what a test then compares with
    var code: String? { json?["error"]?["code"]?.stringValue }

    func header(_ name: String) -> String? {
        headers.first { $0.name.lowercased() == name.lowercased() }?.value
    }
}
