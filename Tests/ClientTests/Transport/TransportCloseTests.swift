import Client
import Glibc
import Testing
import TestSupport

/// How the application ends a connection.
struct TransportCloseTests {
    private let transport = LibWebSocketsTransport()

    @Test func `a close carries code and reason, and ends when it is answered`() async throws {
        let server = try ScriptedServer { peer in
            try peer.upgrade()
            let (text, close) = (try peer.frame(), try peer.frame())
            try peer.send(serverFrame(1, Array("late".utf8)) + closeFrame(1000))
            return [text, close]
        }
        let connection = transport.open(server.url)
        try await connection.opened()
        connection.send(Array("last".utf8))
        connection.close(code: 4001, reason: "no answer")
        connection.close(code: 1000, reason: "twice")
        connection.send(Array("too late".utf8))
        #expect(try await connection.events() == [.closed(code: 4001, reason: "no answer")])
        let frames = try await server.outcome()
        #expect(frames[0] == RawPeer.Frame(opcode: 1, payload: Array("last".utf8)))
        #expect(frames[1].code == 4001)
        #expect(String(decoding: frames[1].payload.dropFirst(2), as: UTF8.self) == "no answer")
    }

    @Test func `a close that nobody answers ends in time`() async throws {
        let server = try ScriptedServer { peer in
            try peer.upgrade()
            try peer.end()
        }
        let connection = transport.open(server.url)
        try await connection.opened()
        let clock = ContinuousClock()
        let start = clock.now
        connection.close(code: 1000, reason: "")
        #expect(try await connection.events() == [.closed(code: 1000, reason: "")])
        #expect(clock.now - start >= TransportLimits.closeTimeout - .milliseconds(10))
        try await server.outcome()
    }

    @Test func `a close before the opening ends at once`() async throws {
        let server = try ScriptedServer { peer in
            _ = try peer.head()
            try peer.end()
        }
        let connection = transport.open(server.url)
        connection.close(code: 1000, reason: "never mind")
        #expect(try await connection.events() == [.closed(code: 1000, reason: "never mind")])
        // The script would wait for a client that gave up before it was there.
        if let other = try? BlockingSocket.connect(loopbackPort: server.port) {
            Glibc.close(other)
        }
        _ = try? await server.outcome()
    }

    @Test func `a connection that is released is closed with 1001`() async throws {
        let server = try ScriptedServer { peer in
            try peer.upgrade()
            return try peer.frame()
        }
        var connection: (any TransportConnection)? = transport.open(server.url)
        try await connection?.opened()
        connection = nil
        #expect(try await server.outcome().code == 1001)
    }

    @Test func `a cancelled reader gets nil, and the connection is closed`() async throws {
        let server = try ScriptedServer { peer in
            try peer.upgrade()
            return try peer.frame()
        }
        let connection = transport.open(server.url)
        try await connection.opened()
        await #expect(throws: TransportDeadline.self) {
            try await connection.next(within: .milliseconds(20))
        }
        #expect(try await server.outcome().code == 1001)
        #expect(try await connection.next(within: patience) == nil)
    }

    @Test func `calls after the end do nothing`() async throws {
        let server = try ScriptedServer { peer in
            try peer.upgrade()
            try peer.send(closeFrame(4002))
            _ = try peer.frame()
        }
        let connection = transport.open(server.url)
        #expect(try await connection.events().last == .closed(code: 4002, reason: ""))
        connection.send([0x61])
        connection.close(code: 1000, reason: "")
        #expect(try await connection.next(within: patience) == nil)
        try await server.outcome()
    }
}
