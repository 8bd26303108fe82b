import Hub
import IPC
import JSON
import Protocol
import Realtime
import Testing

/// Every message and every operation at every role, against what is written here once more: what is
/// added to the protocol does not build until somebody has said here who may use it.
@Suite struct DoorTests {
    private static func roles(_ kind: PeerMessage.Kind) -> Set<Hello.Role> {
        switch kind {
        case .subscribe, .read: [.webSocketWorker]
        case .resume, .release: [.webSocketWorker, .cli]
        case .publish: [.fastCGIWorker, .cli]
        case .call: Set(Hello.Role.allCases)
        case .used: [.webSocketWorker, .fastCGIWorker]
        case .stats: [.webSocketWorker, .fastCGIWorker, .agentWorker]
        case .ready, .kept, .report: [.agentWorker]
        }
    }

    /// Who may ask with a credential, and who without one.
    private static func roles(
        _ operation: Operation
    ) -> (with: Set<Hello.Role>, without: Set<Hello.Role>) {
        switch operation {
        case .readTranscript: ([], [.agentWorker])
        case .requestPermission: ([.fastCGIWorker], [.fastCGIWorker, .cli, .agentWorker])
        case .answerPermission:
            ([.fastCGIWorker, .webSocketWorker], [.fastCGIWorker, .cli])
        case .readiness: ([.fastCGIWorker], [.fastCGIWorker, .cli, .webSocketWorker])
        case .listTeams, .createTeam, .setPassword, .setInstallationAdmin: ([], [.cli])
        default: ([.fastCGIWorker], [.fastCGIWorker, .cli])
        }
    }

    private static func message(_ kind: PeerMessage.Kind, _ credential: CredentialID) -> PeerMessage
    {
        let since = StreamPosition(epoch: "e", offset: 0)
        return switch kind {
        case .subscribe: .subscribe(1, credential, .team("t"), since: nil)
        case .read: .read(1, credential, .team("t"), since: since)
        case .resume: .resume(1, "t", .team("t"), since: since)
        case .release: .release(.team("t"))
        case .publish: .publish(1, nil, [], texts: [])
        case .call: .call(1, nil, .readiness, [:])
        case .used: .used([credential])
        case .stats: .stats(["process": "x", "samples": []])
        case .ready: .ready(AgentReadiness(capacity: 1, leases: []))
        case .kept: .kept(["s"])
        case .report:
            .report(
                1,
                RunReport(lease: SessionLease(session: "s", generation: 1), number: 1, events: []))
        }
    }

    @Test(arguments: PeerMessage.Kind.allCases, Hello.Role.allCases)
    func `a message that is not its role's ends that peer only`(
        kind: PeerMessage.Kind, role: Hello.Role
    ) throws {
        let fixture = try Fixture()
        let peer = try fixture.hub.connect(role)
        let message = Self.message(kind, fixture.key)
        // The one call that an agent worker may make.
        let isAgentsCall = role == .agentWorker && kind == .call
        try fixture.hub.tell(
            peer, isAgentsCall ? .call(1, nil, .readTranscript, [:]) : message)
        let isClosed = fixture.hub.closed[peer] != nil
        #expect(isClosed == !Self.roles(kind).contains(role))
        #expect(fixture.hub.closed.count == (isClosed ? 1 : 0))
        if isClosed { #expect(fixture.hub.closed[peer]?.label == "out_of_turn") }
    }

    @Test(arguments: Operation.allCases, Hello.Role.allCases)
    func `an operation that is not its role's ends that peer, with and without a credential`(
        operation: Operation, role: Hello.Role
    ) throws {
        let fixture = try Fixture()
        let expected = Self.roles(operation)
        for (credential, roles) in [(fixture.key, expected.with), (nil, expected.without)] {
            let peer = try fixture.hub.connect(role)
            try fixture.hub.tell(peer, .call(1, credential, operation, [:]))
            #expect(
                (fixture.hub.closed[peer] == nil) == roles.contains(role),
                "\(credential == nil ? "without" : "with") a credential")
        }
    }

    @Test func `nobody but a worker speaks for a credential`() throws {
        let fixture = try Fixture()
        try fixture.hub.tell(fixture.cli, .publish(1, fixture.key, [], texts: []))
        #expect(fixture.hub.closed[fixture.cli]?.label == "out_of_turn")
    }

    @Test(arguments: Hello.Role.allCases)
    func `digests and announcements go to those who decide by them`(role: Hello.Role) throws {
        let fixture = try Fixture()
        let peer = try fixture.hub.connect(role)
        _ = try Fixture.key(fixture.hub, fixture.cli, fixture.team)
        let heard = fixture.hub.take(peer).contains { message in
            if case .credentials = message { true } else { false }
        }
        #expect(heard == (role == .webSocketWorker || role == .fastCGIWorker))
    }
}
