import Client
import Glibc
import Testing
import TestSupport

/// Many connections, against the module's own server.
struct TransportLoadTests {
    private let transport = LibWebSocketsTransport()

    @Test func `a thousand connections, closed in four ways, leave no socket behind`() async throws
    {
        let server = try EchoServer()
        let url = "ws://127.0.0.1:\(server.port)/ws"
        for round in 0..<250 {
            let connections = (0..<4).map { _ in transport.open(url) }
            for connection in connections { try await connection.opened() }
            connections[0].close(code: 1000, reason: "")
            connections[1].send(Array("close:4101".utf8))
            #expect(
                try await connections[0].next(within: patience)
                    == .closed(code: 1000, reason: ""))
            #expect(
                try await connections[1].next(within: patience)
                    == .closed(code: 4101, reason: "asked"), "round \(round)")
            connections[2].send([0x61])
            // The last two are released as they are.
        }
        // The server sees the end of a socket only when the last descriptor for it is closed.
        try await waitUntil { server.ends.count == 1_000 }
        let ends = server.ends
        #expect(ends.filter { $0 == .closedByPeer(code: 1000) }.count == 250)
        #expect(ends.filter { $0 == .closedByServer(code: 4101) }.count == 250)
        #expect(ends.filter { $0 == .closedByPeer(code: 1001) }.count == 500)
    }

    @Test func `connections at the same time keep their texts apart and in order`() async throws {
        let server = try EchoServer()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<50 {
                group.addTask {
                    let connection = transport.open("ws://127.0.0.1:\(server.port)/ws")
                    try await connection.opened()
                    for index in 0..<100 { connection.send(Array("\(number):\(index)".utf8)) }
                    for index in 0..<100 {
                        let event = try await connection.next(within: patience)
                        #expect(event == .text("\(number):\(index)"))
                    }
                    connection.close(code: 1000, reason: "")
                    #expect(try await connection.events() == [.closed(code: 1000, reason: "")])
                }
            }
            try await group.waitForAll()
        }
    }

    @Test func `calls from many threads at any moment harm nothing`() async throws {
        let server = try EchoServer()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<100 {
                let connection = transport.open("ws://127.0.0.1:\(server.port)/ws")
                group.addTask { while await connection.next() != nil {} }
                group.addTask { for _ in 0..<20 { connection.send([0x61]) } }
                group.addTask { connection.close(code: 4000, reason: "enough") }
            }
        }
    }

    private func waitUntil(_ condition: () -> Bool) async throws {
        let clock = ContinuousClock()
        let deadline = clock.now + patience
        while !condition() {
            guard clock.now < deadline else { throw TransportDeadline() }
            await Task.yield()
        }
    }
}
