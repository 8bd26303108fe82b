import EventLoop
import Glibc
import IPC
import JSON
import Logging
import Protocol
import Realtime
import System
import Testing

/// The two ends of an IPC connection over a real socket, on one loop.
@Suite struct IPCTests {
    @Test func `requests are answered in order over one link`() throws {
        let world = try World()
        let link = world.link()
        var answers: [HubLink.Answer] = []
        link.onUp = { _ in
            for name in ["a", "b"] {
                link.request({ .call($0, nil, .listTeams, ["name": .string(name)]) }) {
                    answers.append($0)
                }
            }
        }
        world.hub.onMessage = { [unowned hub = world.hub] message in
            guard case .call(let number, _, _, let parameters) = message else { return }
            hub.send(.result(number, .object(parameters)))
        }
        link.start()
        world.run(until: { answers.count == 2 })
        #expect(
            answers == [
                .answered(.result(1, ["name": "a"])), .answered(.result(2, ["name": "b"])),
            ])
    }

    @Test func `open requests are lost with the hub and the link comes back`() throws {
        let world = try World()
        let link = world.link()
        var ups = 0
        var answer: HubLink.Answer?
        link.onUp = { _ in
            ups += 1
            if ups == 1 { link.request({ .call($0, nil, .listTeams, [:]) }) { answer = $0 } }
        }
        world.hub.onMessage = { [unowned hub = world.hub] _ in hub.disconnect() }
        link.start()
        world.run(until: { ups == 2 })
        #expect(answer == .lost)
    }

    @Test func `a request without a link is not sent, after the call returned`() throws {
        let world = try World()
        let link = world.link()
        var answer: HubLink.Answer?
        link.request({ .call($0, nil, .listTeams, [:]) }) { answer = $0 }
        #expect(answer == nil)
        world.run(until: { answer != nil })
        #expect(answer == .unsent)
    }

    @Test func `a request over every limit is refused and the link stays`() throws {
        let world = try World()
        let link = world.link()
        var answer: HubLink.Answer?
        let huge = String(repeating: "x", count: Envelope.maximumBytes)
        link.onUp = { _ in
            link.request({ .call($0, nil, .listTeams, ["name": .string(huge)]) }) { answer = $0 }
        }
        link.start()
        world.run(until: { answer != nil })
        guard case .refused(let error) = answer else {
            Issue.record("the request was not refused: \(String(describing: answer))")
            return
        }
        #expect(error.code == .payloadTooLarge)
        #expect(link.isUp)
    }

    @Test(
        arguments: [
            [0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 2], [0, 0, 0x20, 0, 0, 0, 0, 2],
            [0, 0, 0, 6, 0, 0, 0, 2, 0x7B, 0x7B],
            Envelope(header: ["type": "call"]).encoded() ?? [],
            Array("GET / HTTP/1.1\r\n\r\n".utf8),
        ] as [[UInt8]])
    func `bytes that are no hello close that peer and nothing else`(bytes: [UInt8]) throws {
        let world = try World()
        let link = world.link()
        link.start()
        world.run(until: { link.isUp })
        let stranger = try world.connectRaw()
        defer { close(stranger) }
        _ = unsafe bytes.withUnsafeBytes { unsafe send(stranger, $0.baseAddress, $0.count, 0) }
        world.run(until: { world.hub.refusals.count == 1 })
        #expect(world.hub.refusals != [.tooLate("hello")], "refused by its bytes, not by the clock")
        #expect(link.isUp)
    }

    @Test func `a user who is not trusted is closed before a word`() throws {
        let world = try World(trustedUsers: [4_242_424])
        let stranger = try world.connectRaw()
        defer { close(stranger) }
        world.run(until: { !world.hub.refusals.isEmpty })
        #expect(world.hub.refusals == [.foreignUser(uid: geteuid())])
    }

    @Test func `a peer that does not read is closed when its queue is full`() throws {
        let world = try World(maximumQueueBytes: 1_000_000)
        let stranger = try world.connectRaw()
        defer { close(stranger) }
        let hello = Hello(role: .cli, name: "cli", processID: 1).envelope.encoded() ?? []
        _ = unsafe hello.withUnsafeBytes { unsafe send(stranger, $0.baseAddress, $0.count, 0) }
        world.run(until: { world.hub.isConnected })
        let text = [UInt8](repeating: 65, count: 100_000)
        for offset in 1...100 where world.hub.isConnected {
            world.hub.send(.delivery(.team("t"), Int64(offset), text: text))
        }
        guard case .queueOverflow = world.hub.ends.first else {
            Issue.record("the peer was not closed: \(world.hub.ends)")
            return
        }
    }

    @Test func `a second hub on the same socket is told so`() throws {
        let world = try World()
        #expect(throws: UnixSocketError.inUse(path: world.path)) {
            _ = try IPCListener(
                loop: world.loop, door: .commandLine, path: world.path, trustedUsers: [],
                maximumQueueBytes: 1)
        }
    }

    @Test func `a path that the kernel cannot take is named`() throws {
        let path = "/tmp/" + String(repeating: "x", count: 200)
        #expect(throws: UnixSocketError.pathTooLong(path: path, maximum: 107)) {
            _ = try IPCListener(
                loop: try EventLoop(), door: .commandLine, path: path, trustedUsers: [],
                maximumQueueBytes: 1)
        }
    }
}
