import ClaudeAPI
import EventLoop
import Glibc
import HTTPClient
import Testing

/// Connections of the streaming client: when they end, where they go, what they leave behind.
struct ConnectionTests {
    @Test func `a cancel closes the connection at once and nothing more is heard`() throws {
        let world = try World(pace: .milliseconds(5))
        var events: [ClaudeEvent] = []
        let request = world.client.stream(World.request("demo:stream 100000 tokens")) {
            events.append($0)
        }
        world.run(until: { events.count > 5 })
        #expect(world.model.streamCount == 1)
        request.cancel()
        let count = events.count
        world.run(until: { world.model.connectionCount == 0 })
        #expect(events.count == count)
        request.cancel()
        #expect(world.ask("And on").message != nil)
    }

    @Test func `a receiver may cancel its own request from within any event`() throws {
        let world = try World()
        for position in 1...8 {
            var count = 0
            var request: ClaudeRequest?
            request = world.client.stream(World.request("demo:error-midstream")) { _ in
                count += 1
                if count == position { request?.cancel() }
            }
            world.run(until: { count == position })
            world.run(until: { world.model.streamCount == 0 })
            #expect(count == position)
        }
    }

    @Test func `a cancel while waiting to retry ends the waiting`() throws {
        let world = try World()
        var events: [ClaudeEvent] = []
        let request = world.client.stream(World.request("demo:retry-after 30")) {
            events.append($0)
        }
        world.run(until: { !events.isEmpty })
        request.cancel()
        #expect(events.retries.count == 1)
        #expect(world.ask("And on").message != nil)
    }

    @Test func `requests after one another use one connection`() throws {
        let world = try World()
        for _ in 0..<3 { #expect(world.ask("Hi").message != nil) }
        #expect(world.model.connectionCount == 1)
    }

    @Test func `a hundred streams run at once, and each gets its own text`() throws {
        let world = try World()
        var texts: [Int: String] = [:]
        for number in 0..<100 {
            _ = world.client.stream(World.request("demo:stream \(200 + number) tokens")) { event in
                if case .completed(let message) = event { texts[number] = message.text }
            }
        }
        world.run(within: .seconds(30), until: { texts.count == 100 })
        for number in 0..<100 { #expect(texts[number]?.hasSuffix(" tok\(199 + number)") == true) }
    }

    @Test func `a proxy of the environment is asked instead of the host`() throws {
        let proxy = try World()
        let loop = proxy.loop
        var configuration = try ClaudeConfiguration(
            .key(.init(World.key)), baseURL: "http://model.invalid",
            environment: ["http_proxy": proxy.model.baseURL])
        configuration.retries.maximumAttempts = 1
        let client = ClaudeClient(loop: loop, configuration: configuration)
        var events: [ClaudeEvent] = []
        _ = client.stream(World.request("Over a proxy")) { events.append($0) }
        proxy.run(until: { events.last?.isLast == true })
        #expect(events.message?.text.contains("Over a proxy") == true)
    }

    @Test func `a host on the no_proxy list is reached straight`() throws {
        let world = try World()
        var configuration = try ClaudeConfiguration(
            .key(.init(World.key)), baseURL: "http://model.invalid",
            environment: ["http_proxy": world.model.baseURL, "no_proxy": "model.invalid"])
        configuration.retries.maximumAttempts = 1
        let client = ClaudeClient(loop: world.loop, configuration: configuration)
        var events: [ClaudeEvent] = []
        _ = client.stream(World.request("Straight")) { events.append($0) }
        world.run(until: { events.last?.isLast == true })
        #expect(events.failure?.label == "connection")
    }

    @Test func `sockets are closed in programs that the process starts`() throws {
        let world = try World(pace: .milliseconds(5))
        var events: [ClaudeEvent] = []
        let request = world.client.stream(World.request("demo:stream 1000 tokens")) {
            events.append($0)
        }
        world.run(until: { events.count > 3 })
        // The client's end and the server's.
        let sockets = Self.connections(with: world.model.port)
        #expect(sockets.count == 2)
        for socket in sockets { #expect(fcntl(socket, F_GETFD) & FD_CLOEXEC != 0) }
        request.cancel()
    }

    @Test(arguments: ["Hi", "demo:error 400", "demo:drop x1", "demo:silence"])
    func `a released client leaves no connection behind`(_ prompt: String) throws {
        var port: UInt16 = 0
        do {
            let world = try World { $0.idleTimeout = .milliseconds(20) }
            port = world.model.port
            _ = world.ask(prompt)
        }
        #expect(Self.connections(with: port) == [])
    }

    /// This process's TCP sockets with the port at either end.
    private static func connections(with port: UInt16) -> [Int32] {
        (0..<1_024).filter { descriptor in
            guard let peer = self.port(of: descriptor, atPeer: true) else { return false }
            return peer == port || self.port(of: descriptor, atPeer: false) == port
        }
    }

    private static func port(of descriptor: Int32, atPeer: Bool) -> UInt16? {
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                atPeer
                    ? unsafe getpeername(descriptor, pointer, &length)
                    : unsafe getsockname(descriptor, pointer, &length)
            }
        }
        guard result == 0, address.sin_family == sa_family_t(AF_INET) else { return nil }
        return UInt16(bigEndian: address.sin_port)
    }
}
