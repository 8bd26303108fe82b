import Access
import Crypto
import Daemon
import EventLoop
import FastCGIWorker
import IPC
import JSON
import Logging
import Protocol
import Realtime
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
    @Test func `with no hub there, and after the desk is closed, a question is lost`() throws {
        let loop = try EventLoop()
        let link = HubLink(
            loop: loop, path: "/nonexistent/hub.sock",
            hello: Hello(role: .fastCGIWorker, name: "fcgi", processID: 1),
            logger: .silent)
        let desk = HubDesk(link: link)
        let gateway = desk.makeGateway(
            loop: loop, threads: 1, timeout: .seconds(5), metrics: Metrics(process: "fcgi"))
        let done = loop.mailbox(capacity: 2) { (replies: [HubReply]) in
            #expect(replies == [.lost])
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
            method: "GET", path: "/", query: query, remoteAddress: "", headers: { headers[$0] },
            body: { _ in .success([]) })
        do throws(Refusal) {
            return try gate.admit(request).principal.credentialID.text
        } catch {
            return error.error.code.rawValue
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

    @Test func `a revoked credential is refused at once`() {
        gate.apply(CredentialUpdate(isReset: true, isComplete: true, changed: [key]))
        gate.apply(
            CredentialUpdate(removed: [.init(id: "k1", closeCode: .credentialEnded)]))
        #expect(outcome(["x-api-key": "swk_k1.secret"]) == "INVALID_API_KEY")
    }
}
