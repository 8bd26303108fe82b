import Client
import Glibc
import Testing

/// Messages and ends of an open connection, against servers of our own script.
struct TransportMessageTests {
    /// What a server may not send, and the code that it gets for it.
    private static let violations: [(what: String, bytes: [UInt8], code: UInt16)] = [
        ("a mask", [0x81, 0x80, 1, 2, 3, 4], 1002),
        ("a continuation of nothing", serverFrame(0, [0x61]), 1002),
        ("reserved bits", [0xc1, 0x01, 0x61], 1002),
        ("a reserved close code", closeFrame(1004), 1002),
        ("bytes that are not UTF-8", serverFrame(1, [0xff]), 1007),
        ("a binary message", serverFrame(2, [0]), 1003),
        ("over 8 MiB at once", [0x81, 127, 0, 0, 0, 0, 0, 0x80, 0, 1], 1009),
        (
            "over 8 MiB in two fragments",
            serverFrame(1, [0x61], isFinal: false) + [0x80, 127, 0, 0, 0, 0, 0, 0x80, 0, 0], 1009
        ),
    ]

    private static let closes: [(code: UInt16, reason: String)] = [
        (1000, "closed normally"), (1012, "server restarts, reconnect"), (1013, ""),
        (4001, "caf\u{e9}"), (4101, String(repeating: "x", count: 123)), (4999, ""),
    ]

    private let transport = LibWebSocketsTransport()

    private func events(
        _ script: @escaping @Sendable (RawPeer) throws -> Void
    ) async throws -> [TransportEvent] {
        let server = try ScriptedServer { peer in
            try peer.upgrade()
            try script(peer)
        }
        let events = try await transport.open(server.url).events()
        try await server.outcome()
        #expect(events.first == .opened(subprotocol: nil))
        return Array(events.dropFirst())
    }

    @Test(arguments: [0, 1, 125, 126, 65_535, 65_536, 1_000_000])
    func `a text of any length goes both ways`(length: Int) async throws {
        let text = (0..<length).map { UInt8(0x61 + $0 % 26) }
        let server = try ScriptedServer { peer in
            try peer.upgrade()
            let frame = try peer.frame()
            try peer.send(serverFrame(1, frame.payload))
            return frame
        }
        let connection = transport.open(server.url)
        try await connection.opened()
        connection.send(text)
        let isEchoed = try await connection.next(within: patience) == .text(text)
        let isReceived = try await server.outcome() == RawPeer.Frame(opcode: 1, payload: text)
        #expect(isEchoed && isReceived)
    }

    @Test func `texts are sent in the order of the calls, each masked with its own key`()
        async throws
    {
        let server = try ScriptedServer { peer in
            try peer.upgrade()
            return try (0..<1_000).map { _ in try peer.frame().payload }
        }
        let connection = transport.open(server.url)
        try await connection.opened()
        for number in 0..<1_000 { connection.send(Array("\(number)".utf8)) }
        #expect(try await server.outcome() == (0..<1_000).map { Array("\($0)".utf8) })
    }

    @Test func `fragments become one text, and a ping among them is answered`() async throws {
        let events = try await events { peer in
            try peer.send(serverFrame(1, Array("a\u{e9}".utf8.prefix(2)), isFinal: false))
            try peer.send(serverFrame(9, [1, 2, 3]))
            #expect(try peer.frame() == RawPeer.Frame(opcode: 10, payload: [1, 2, 3]))
            try peer.send(serverFrame(0, [], isFinal: false))
            try peer.send(serverFrame(0, [0xa9]) + closeFrame(1000))
            try peer.end()
        }
        #expect(events == [.text("a\u{e9}"), .closed(code: 1000, reason: "")])
    }

    @Test(arguments: closes)
    func `the server's close code and reason arrive as they are, and are answered`(
        code: UInt16, reason: String
    ) async throws {
        let events = try await events { peer in
            try peer.send(closeFrame(code, reason))
            #expect(
                try peer.frame()
                    == RawPeer.Frame(opcode: 8, payload: Array(closeFrame(code).dropFirst(2))))
        }
        #expect(events == [.closed(code: code, reason: reason)])
    }

    @Test func `a close frame without a code is 1005`() async throws {
        let events = try await events { peer in
            try peer.send(serverFrame(8))
            #expect(try peer.frame() == RawPeer.Frame(opcode: 8, payload: []))
        }
        #expect(events == [.closed(code: 1005, reason: "")])
    }

    @Test(arguments: [false, true])
    func `an end without a close frame is 1006`(isReset: Bool) async throws {
        let events = try await events { peer in
            try peer.send(serverFrame(1, [0x61]) + serverFrame(1, [0x62]).dropLast())
            if isReset {
                var linger = linger(l_onoff: 1, l_linger: 0)
                unsafe setsockopt(
                    peer.descriptor, SOL_SOCKET, SO_LINGER, &linger,
                    socklen_t(MemoryLayout<Glibc.linger>.size))
            }
        }
        guard case .closed(code: 1006, let reason)? = events.last else {
            Issue.record("\(events)")
            return
        }
        #expect(!reason.isEmpty)
        if !isReset { #expect(events.first == .text("a")) }
    }

    @Test(arguments: violations)
    func `what breaks the protocol or a limit is closed with its code`(
        what: String, bytes: [UInt8], code: UInt16
    ) async throws {
        let events = try await events { peer in
            try peer.send(bytes)
            let frame = try peer.frame()
            #expect(frame.opcode == 8)
            #expect(frame.code == code, "\(what)")
        }
        guard case .closed(code, _)? = events.first, events.count == 1 else {
            Issue.record("\(what): \(events)")
            return
        }
    }

    @Test func `a message of exactly 8 MiB is received`() async throws {
        let text = [UInt8](repeating: 0x61, count: TransportLimits.maximumMessageBytes)
        let events = try await events { peer in
            try peer.send(serverFrame(1, text) + closeFrame(1000))
        }
        // Compared so that a failure is not printed byte by byte.
        #expect(events.count == 2)
        let isWhole = events.first == .text(text)
        #expect(isWhole)
    }

    @Test func `a slow application slows the server down, and loses nothing`() async throws {
        let total = 64
        let piece = [UInt8](repeating: 0x61, count: 1024 * 1024)
        let server = try ScriptedServer { peer in
            try peer.upgrade()
            let flags = fcntl(peer.descriptor, F_GETFL)
            _ = fcntl(peer.descriptor, F_SETFL, flags | O_NONBLOCK)
            let frame = serverFrame(1, piece)
            var sent = 0
            // Full is full when it stays so for a while.
            while true {
                var room = pollfd(fd: peer.descriptor, events: Int16(POLLOUT), revents: 0)
                guard unsafe poll(&room, 1, 300) == 1 else { break }
                let rest = frame[(sent % frame.count)...]
                sent += unsafe rest.withUnsafeBytes {
                    unsafe send(peer.descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                }
                if sent >= total * frame.count { break }
            }
            peer.reachedMilestone()
            _ = fcntl(peer.descriptor, F_SETFL, flags)
            if sent % frame.count > 0 { try peer.send(Array(frame[(sent % frame.count)...])) }
            for _ in 0..<(total - (sent + frame.count - 1) / frame.count) { try peer.send(frame) }
            try peer.end()
            return sent
        }
        let connection = transport.open(server.url)
        try await connection.opened()
        // Nothing is asked for until the server stands still.
        await server.milestone()
        for _ in 0..<total {
            let isWhole = try await connection.next(within: patience) == .text(piece)
            #expect(isWhole)
        }
        connection.close(code: 1000, reason: "")
        let sentBefore = try await server.outcome()
        #expect(sentBefore < 32 * 1024 * 1024)
    }

    @Test func `a server that takes nothing ends the connection, not the memory`() async throws {
        let gate = try Gate()
        let server = try ScriptedServer { peer in
            try peer.upgrade()
            try gate.pass()
            return try peer.end()
        }
        let connection = transport.open(server.url)
        try await connection.opened()
        let text = [UInt8](repeating: 0x61, count: 64 * 1024)
        for _ in 0..<1_000 { connection.send(text) }
        guard case .closed(code: 1006, _)? = try await connection.next(within: patience) else {
            Issue.record("it did not end")
            return
        }
        #expect(try await connection.next(within: patience) == nil)
        gate.open()
        #expect(try await server.outcome() < 32 * 1024 * 1024)
    }
}
