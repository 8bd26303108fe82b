import Glibc
import Hub
import IPC
import JSON
import Protocol
import Realtime
import System
import TestSupport
import Testing

@Suite struct HubServerTests {
    let hub: RunningHub
    let cli: RunningHub.Peer
    let channel: ChannelIdentity
    let key: CredentialID

    init() throws {
        hub = try RunningHub()
        cli = try hub.connect(.cli, "cli")
        let team = try hub.call(cli, .createTeam, ["name": "One"]).text("id")
        channel = .team(try TeamID(parsing: team))
        key = try CredentialID(
            parsing: hub.call(
                cli, .createKey,
                ["teamId": .string(team), "scopes": ["publish", "channels:read"]]
            ).text("id"))
    }

    private func publish(_ count: Int) throws -> HubLink.Answer {
        let open = EventText.open(
            type: "x_a", channel: channel.name, at: Timestamp(milliseconds: 5), eventID: "e",
            body: [:])
        let event = ProducedEvent(
            channel: channel, eventID: "e", isIdempotent: false, time: Timestamp(milliseconds: 5),
            content: .ready(textBytes: open.count))
        let texts = Array(repeatElement(open, count: count).joined())
        return try hub.ask(cli) {
            .publish($0, nil, Array(repeating: event, count: count), texts: texts)
        }
    }

    @Test func `what is published over one socket is delivered over another`() throws {
        defer { hub.close() }
        let ws = try hub.connect(.webSocketWorker, "ws-1")
        let answer = try hub.ask(ws) { .subscribe($0, key, channel, since: nil) }
        guard case .answered(.subscribed) = answer else { throw TestHubError.noAnswer }
        guard case .answered = try publish(1_000) else { throw TestHubError.noAnswer }
        #expect(hub.turn { ws.deliveries.count == 1_000 })
        #expect(ws.deliveries == Array(1...1_000))
    }

    @Test func `a run goes to a worker and comes back over sockets`() throws {
        defer { hub.close() }
        let agent = try hub.connect(.agentWorker, "agent")
        agent.link.tell(.ready(AgentReadiness(capacity: 1, leases: [])))
        let team = JSONValue.string(channel.id)
        let session = try #require(try hub.call(cli, .createSession, ["teamId": team])["id"])
        _ = try hub.call(cli, .createMessage, ["id": session, "text": "go"])
        var run: RunAssignment?
        #expect(
            hub.turn {
                for case .agent(.run(let assignment)) in agent.pushed { run = assignment }
                return run != nil
            })
        let lease = try #require(run).lease
        let event = ProducedEvent(
            channel: .session(lease.session), eventID: "end", isIdempotent: false,
            time: Timestamp(milliseconds: 5),
            content: .session(.complete, fields: ["reason": "complete"]))
        let answer = try hub.ask(agent) {
            .report($0, RunReport(lease: lease, number: 1, events: [event]))
        }
        guard case .answered(.result(_, .null)) = answer else { throw TestHubError.noAnswer }
        #expect(try hub.call(cli, .getSession, ["id": session])["status"] == "idle")
    }

    @Test func `a peer's garbage ends that peer only`() throws {
        defer { hub.close() }
        let ws = try hub.connect(.webSocketWorker, "ws-1")
        let other = try hub.connect(.webSocketWorker, "ws-2")
        var isDown = false
        ws.link.onDown = { _ in isDown = true }
        // Out of turn for its role: the same end as bytes that are no message.
        ws.link.tell(
            .publish(
                7, key,
                [
                    ProducedEvent(
                        channel: channel, eventID: "e", isIdempotent: false,
                        time: Timestamp(milliseconds: 5), content: .ready(textBytes: 1))
                ], texts: [0x7B]))
        #expect(hub.turn { isDown })
        #expect(other.link.isUp && cli.link.isUp)
    }

    @Test func `an unknown person's password is checked on its thread and refused`() throws {
        defer { hub.close() }
        let error = #expect(throws: OperationError.self) {
            try hub.call(cli, .login, ["user": "nobody", "password": "x"])
        }
        #expect(error?.code == .invalidLogin)
    }

    @Test(arguments: Hello.Role.allCases, Door.allCases)
    func `a process comes in through the door of its role and no other`(
        role: Hello.Role, door: Door
    ) throws {
        defer { hub.close() }
        let link = HubLink(
            loop: hub.loop, path: hub.socketPath(door),
            hello: Hello(role: role, name: "x", processID: 1), logger: .silent)
        defer { link.stop() }
        link.start()
        let metrics = hub.core.metrics.registry
        let isRefused = { metrics.snapshot().samples.contains { $0.label == "wrong_door" } }
        #expect(hub.turn { link.isUp || isRefused() })
        #expect(link.isUp == (role.door == door))
    }

    @Test func `an agent worker that connects anew goes on with its runs`() throws {
        defer { hub.close() }
        let first = try hub.connect(.agentWorker, "agent")
        first.link.tell(.ready(AgentReadiness(capacity: 1, leases: [])))
        let team = JSONValue.string(channel.id)
        let session = try #require(try hub.call(cli, .createSession, ["teamId": team])["id"])
        _ = try hub.call(cli, .createMessage, ["id": session, "text": "go"])
        #expect(hub.turn { first.lease != nil })
        let lease = try #require(first.lease)
        first.link.onDown = { _ in first.link.stop() }
        // The same process, as the kernel tells: its old link ends although nobody closed it.
        let second = try hub.connect(.agentWorker, "agent")
        second.link.tell(.ready(AgentReadiness(capacity: 1, leases: [lease])))
        let report = RunReport(lease: lease, number: 1, events: [])
        guard case .answered = try hub.ask(second, { .report($0, report) }) else {
            throw TestHubError.noAnswer
        }
        #expect(!first.link.isUp)
        #expect(second.stops.isEmpty)
    }

    @Test func `a second hub at the same socket is refused`() throws {
        defer { hub.close() }
        let path = hub.socketPath(.workers)
        #expect(throws: UnixSocketError.inUse(path: path)) {
            try HubServer(
                loop: hub.loop, core: hub.core,
                [Doorway(.workers, path: path, trustedUsers: [getuid()])])
        }
    }
}
