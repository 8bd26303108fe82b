import Hub
import IPC
import JSON
import Protocol
import Realtime
import Testing

@Suite struct PeerTests {
    @Test(arguments: Operation.allCases)
    func `every operation but the open ones needs a credential`(operation: Operation) throws {
        let fixture = try Fixture()
        let call = { try fixture.hub.call(fixture.fcgi, operation) }
        switch operation.access {
        case .open: break
        case .local, .agentWorker:
            #expect(throws: TestHubError.self) { try call() }
        case .authenticated, .scope, .installation:
            let error = #expect(throws: OperationError.self) { try call() }
            #expect(error?.code == .authRequired)
        }
    }

    @Test func `every operation is answered by something`() throws {
        let hub = try TestHub()
        #expect(hub.core.operations.missing == [])
    }

    @Test func `an operation needs its scope`() throws {
        let fixture = try Fixture()
        let key = try Fixture.key(fixture.hub, fixture.cli, fixture.team, scopes: [.publish])
        let error = #expect(throws: OperationError.self) {
            try fixture.hub.call(fixture.fcgi, .listKeys, as: key)
        }
        #expect(error?.code == .scopeRequired)
    }

    @Test func `a peer that has gone gets no answer and no deliveries`() throws {
        let fixture = try Fixture()
        _ = try fixture.join()
        try fixture.hub.apply([
            .left(fixture.ws, .closedByPeer),
            .message(fixture.ws, .subscribe(5, fixture.key, fixture.channel, since: nil)),
        ])
        _ = try fixture.publish()
        #expect(fixture.hub.take(fixture.ws) == [])
    }

    @Test func `metrics show what each process measured`() throws {
        let fixture = try Fixture()
        let report: JSONObject = [
            "process": "ws-1", "samples": [["switchboard_ws_connections", "", 12]],
        ]
        try fixture.hub.tell(fixture.ws, .stats(report))
        _ = try fixture.publish()
        let text = try fixture.hub.call(fixture.fcgi, .metrics).text("text")
        #expect(text.contains("switchboard_ws_connections{process=\"ws-1\"} 12\n"))
        #expect(text.contains("switchboard_hub_publications_total{process=\"hub\"} 1\n"))
    }

    @Test func `the hub is ready while a WebSocket worker is connected`() throws {
        let fixture = try Fixture()
        #expect(try fixture.hub.call(fixture.fcgi, .readiness)["ready"] == true)
        try fixture.hub.disconnect(fixture.ws)
        let answer = try fixture.hub.call(fixture.fcgi, .readiness)
        #expect(answer["ready"] == false && answer["workers"]?["ws"] == 0)
    }
}
