import Access
import Crypto
import Daemon
import EventLoop
import FastCGIWorker
import Glibc
import IPC
import JSON
import Logging
import Protocol
import Realtime
import Synchronization
import System
import Testing
import TestSupport

@Suite struct TicketTests {
    @Test func `an answer that comes first is there at once`() {
        let ticket = Ticket()
        ticket.fill(.result(1))
        ticket.fill(.lost)
        #expect(ticket.wait(.seconds(60)) == .result(1))
    }

    @Test func `an answer of another thread wakes the waiting one`() {
        let ticket = Ticket()
        NamedThread.start("answer") { ticket.fill(.result(2)) }
        #expect(ticket.wait(.seconds(60)) == .result(2))
    }

    @Test func `without an answer the wait ends late, and the answer is dropped`() {
        let ticket = Ticket()
        #expect(ticket.wait(.milliseconds(1)) == .late)
        #expect(ticket.isAbandoned)
        ticket.fill(.result(3))
        #expect(ticket.isAbandoned)
    }
}

@Suite struct HubDeskTests {
    @Test func `one team's flood of questions holds up another for what is under way`() throws {
        let folder = try TemporaryDirectory()
        let loop = try EventLoop()
        let hub = try IPCListener(
            loop: loop, door: .workers, path: folder.file("hub.sock"), trustedUsers: [getuid()],
            maximumQueueBytes: 1 << 20)
        var peer: IPCConnection?
        var asked: [(request: Int64, credential: CredentialID?)] = []
        hub.onPeer = { _, connection in
            peer = connection
            connection.onMessage = { envelope in
                if case .publish(let request, let credential, _, _) = try? PeerMessage(envelope) {
                    asked.append((request, credential))
                }
            }
            let welcome = Welcome(instance: "i", generations: Generations(config: 0, theme: 0))
            connection.send(HubMessage.welcome(welcome).envelope)
            connection.flush()
        }
        let link = HubLink(
            loop: loop, path: folder.file("hub.sock"),
            hello: Hello(role: .fastCGIWorker, name: "fcgi", processID: 1), logger: .silent)
        let desk = HubDesk(link: link) { $0 == "modest" ? "t2" : "t1" }
        let gateway = desk.makeGateway(
            loop: loop, threads: 11, timeout: .seconds(60), metrics: Metrics(process: "fcgi"))
        let ends = loop.mailbox(capacity: 11) { (_: [HubReply]) in }
        func ask(_ count: Int, as credential: CredentialID) {
            let event = ProducedEvent(
                channel: .team("t1"), eventID: "e", isIdempotent: false,
                time: Timestamp(milliseconds: 0), content: .ready(textBytes: 1))
            let question = HubQuestion.publish(
                credential, Array(repeating: event, count: count),
                texts: Array(repeating: 1, count: count))
            NamedThread.start("ask") { _ = ends.post(gateway.ask(question)) }
        }
        link.start()
        #expect(loop.run { link.isUp })
        for _ in 1...10 { ask(1_000, as: "greedy") }
        #expect(loop.run { desk.waitingCount == 8 && asked.count == 2 })
        ask(1, as: "modest")
        #expect(loop.run { desk.waitingCount == 9 })
        var answered = 0
        while answered < 11, let connection = peer {
            #expect(loop.run { asked.count > answered })
            connection.send(HubMessage.result(asked[answered].request, .null).envelope)
            connection.flush()
            answered += 1
        }
        let place = try #require(asked.firstIndex { $0.credential == "modest" })
        #expect(asked.count == 11 && place <= 3)
        desk.close()
        link.stop()
    }

    @Test func `with no hub there, and after the desk is closed, a question is not sent`() throws {
        let loop = try EventLoop()
        let link = HubLink(
            loop: loop, path: "/nonexistent/hub.sock",
            hello: Hello(role: .fastCGIWorker, name: "fcgi", processID: 1),
            logger: .silent)
        let desk = HubDesk(link: link) { _ in nil }
        let gateway = desk.makeGateway(
            loop: loop, threads: 1, timeout: .seconds(5), metrics: Metrics(process: "fcgi"))
        let done = loop.mailbox(capacity: 2) { (replies: [HubReply]) in
            #expect(replies == [.unsent])
            desk.close()
            loop.stop()
        }
        link.start()
        for _ in 0..<2 {
            NamedThread.start("ask") { _ = done.post(gateway.ask(.call(nil, .readiness, [:]))) }
            loop.run()
        }
        link.stop()
    }
}

@Suite struct CredentialGateTests {
    private let gate = CredentialGate(now: { Timestamp(milliseconds: 1_000) })
    private let key = Credential(
        id: "k1", digest: Digest(of: "secret").hex, subject: .apiKey, teamID: "t1",
        scopes: [.publish], expiresAt: nil)

    private func outcome(_ headers: [String: String], query: String? = nil) -> String {
        let request = Request(
            method: "GET", path: "/", query: query, remoteAddress: "",
            headers: { name in headers[name].map { [$0] } ?? [] },
            body: { _ in .success([]) })
        do throws(AccessError) {
            return try gate.admit(request).principal.credentialID.text
        } catch {
            return error.code.rawValue
        }
    }

    @Test func `nobody is let in before the table is complete and after the hub was lost`() {
        let headers = ["x-api-key": "swk_k1.secret"]
        #expect(outcome(headers) == "AUTH_SERVICE_UNAVAILABLE")
        gate.apply(CredentialUpdate(isReset: true, isComplete: false, changed: [key]))
        #expect(outcome(headers) == "AUTH_SERVICE_UNAVAILABLE")
        gate.apply(CredentialUpdate(isComplete: true))
        #expect(outcome(headers) == "k1")
        gate.hubWasLost()
        #expect(outcome(headers) == "AUTH_SERVICE_UNAVAILABLE")
    }

    @Test func `only the credential's own secret opens, and each use is noted once`() {
        gate.apply(CredentialUpdate(isReset: true, isComplete: true, changed: [key]))
        #expect(outcome(["x-api-key": "swk_k1.wrong"]) == "INVALID_API_KEY")
        #expect(outcome([:]) == "AUTH_REQUIRED")
        #expect(outcome([:], query: "apiKey=swk_k1.secret") == "AUTH_REQUIRED")
        #expect(gate.takeUsed().isEmpty)
        #expect(outcome(["authorization": "Bearer swk_k1.secret"]) == "k1")
        #expect(outcome(["x-api-key": "swk_k1.secret"]) == "k1")
        #expect(gate.takeUsed() == ["k1"])
        #expect(gate.takeUsed().isEmpty)
    }

    @Test func `a credential is good at once: unknown ones wait for the hub's news`() {
        gate.apply(CredentialUpdate(isReset: true, isComplete: true))
        let hub = NewsHub(gate, CredentialUpdate(changed: [key]))
        func status(_ key: String) -> Int {
            answer(hub) { ["x-api-key": key][$0] }.status
        }
        #expect(status("swk_k2.secret") == 401)
        #expect(status("swk_k1.secret") == 200)
        #expect(hub.questionsForNews == 1, "the news came with the first answer")
        #expect(status("swk_k1.wrong") == 401)
        #expect(hub.questionsForNews == 1, "no news could make this good")
    }

    @Test func `news that come in the middle of a decision make no credential invalid`() {
        gate.apply(CredentialUpdate(isReset: true, isComplete: true))
        // The table that refuses it is in hand; whatever looks next finds it.
        let response = answer(FakeHub()) { name in
            gate.apply(CredentialUpdate(changed: [key]))
            return name == "x-api-key" ? "swk_k1.secret" : nil
        }
        #expect(response.status == 200)
    }

    @Test(arguments: [HubReply.lost, .late, .refused(OperationError(.internalError, "no"))])
    func `without the hub's answer an unknown credential is not called invalid`(
        _ reply: HubReply
    ) {
        gate.apply(CredentialUpdate(isReset: true, isComplete: true))
        let response = answer(FakeHub(reply)) { ["x-api-key": "swk_k1.secret"][$0] }
        #expect(response.status == 503)
        #expect(response.code == "AUTH_SERVICE_UNAVAILABLE")
    }

    private func answer(
        _ hub: any HubCaller, headers: @escaping (String) -> String?
    ) -> Response {
        RequestHandler(
            hub: hub, gate: gate, settings: Settings(), metrics: Metrics(process: "fcgi"),
            logger: .silent, now: { Timestamp(milliseconds: 0) }
        ).answer(
            Request(
                method: "GET", path: "/api/auth/me", query: nil, remoteAddress: "",
                headers: { name in headers(name).map { [$0] } ?? [] }, body: { _ in .success([]) }))
    }

    @Test func `a revoked credential is refused at once`() {
        gate.apply(CredentialUpdate(isReset: true, isComplete: true, changed: [key]))
        gate.apply(
            CredentialUpdate(removed: [.init(id: "k1", closeCode: .credentialEnded)]))
        #expect(outcome(["x-api-key": "swk_k1.secret"]) == "INVALID_API_KEY")
    }
}

/// A hub whose answers come behind news of credentials.
private final class NewsHub: HubCaller {
    private let gate: CredentialGate
    private let news: CredentialUpdate
    private let count = Mutex(0)

    init(_ gate: CredentialGate, _ news: CredentialUpdate) {
        self.gate = gate
        self.news = news
    }

    var questionsForNews: Int { count.withLock { $0 } }

    func ask(_ question: HubQuestion) -> HubReply {
        guard case .call(nil, .readiness, _) = question else { return .result([:]) }
        count.withLock { $0 += 1 }
        gate.apply(news)
        return .result([:])
    }
}
