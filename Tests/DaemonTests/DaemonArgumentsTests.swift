import Daemon
import Protocol
import System
import Testing

@Suite struct DaemonArgumentsTests {
    private func parse(_ arguments: String...) throws -> DaemonArguments? {
        let request = try DaemonArguments.parse(
            arguments, defaultName: "ws-1", extra: [.listenTCP, .agentUser])
        guard case .run(let result) = request else { return nil }
        return result
    }

    @Test func `no option means the installed directories`() throws {
        let arguments = try #require(try parse())
        #expect(arguments.paths == (try Paths()))
        #expect(
            Door.allCases.map(arguments.paths.socket) == [
                "/run/switchboard/hub/hub.sock", "/run/switchboard/workers/workers.sock",
                "/run/switchboard/agents/agents.sock",
            ])
        #expect(arguments.paths.webSocketSocket(name: "ws-1") == "/run/switchboard/ws-1/ws.sock")
        #expect(arguments.name == "ws-1")
        #expect(arguments.listenTCP == nil)
    }

    @Test func `the version is asked for among other options`() throws {
        let request = try DaemonArguments.parse(["--name", "x", "--version"], defaultName: "hub")
        #expect(request == .version)
        #expect(Version.line(of: "switchboard-hub") == "switchboard-hub \(Version.current)")
    }

    @Test func `options are read with a space or an equals sign`() throws {
        let arguments = try #require(
            try parse("--run-dir=/r", "--state-dir", "/s", "--name", "ws-2", "--listen-tcp", "0"))
        #expect(arguments.paths.fcgiSocket == "/r/fcgi/fcgi.sock")
        #expect(arguments.paths.database == "/s/switchboard.db")
        #expect(arguments.name == "ws-2")
        #expect(arguments.listenTCP == 0)
    }

    @Test(arguments: [
        (["--nme", "x"], DaemonArgumentsError.unknown("--nme")),
        (["x"], .unknown("x")),
        (["--name"], .missingValue("--name")),
        (["--name="], .missingValue("--name")),
        (["--name", "a", "--name", "b"], .repeated("--name")),
        (["--name", "../x"], .badValue("--name", "../x", allowed: "1 to 16 of a-z, 0-9 and -")),
        (["--run-dir", "r"], .badValue("--run-dir", "r", allowed: "an absolute path")),
        (
            ["--listen-tcp", "65536"],
            .badValue("--listen-tcp", "65536", allowed: "a port from 0 to 65535")
        ),
    ])
    func `a wrong argument is named`(arguments: [String], expected: DaemonArgumentsError) {
        #expect(throws: expected) {
            try DaemonArguments.parse(
                arguments, defaultName: "ws-1", extra: [.listenTCP, .agentUser])
        }
    }

    @Test func `a user is an account or two numbers`() throws {
        let root = try #require(try parse("--agent-user", "root"))
        #expect(root.agentUser == UnixUser(uid: 0, gid: 0))
        let numbers = try #require(try parse("--agent-user=65525:65526"))
        #expect(numbers.agentUser == UnixUser(uid: 65_525, gid: 65_526))
        for wrong in ["no-such-account", "65525", "-1:0", "1:2:3", "4294967296:1"] {
            #expect(throws: DaemonArgumentsError.self) { try parse("--agent-user", wrong) }
        }
    }

    @Test func `only a daemon that listens on TCP has the option`() {
        #expect(throws: DaemonArgumentsError.unknown("--listen-tcp")) {
            try DaemonArguments.parse(["--listen-tcp", "1"], defaultName: "hub")
        }
    }

    @Test func `a run directory that is too long for a socket is an error that says so`() {
        let long = "/" + String(repeating: "d", count: 90)
        let error = #expect(throws: PathsError.self) { try Paths(runDirectory: long) }
        #expect(error?.description.contains("an address holds 107") == true)
        #expect(throws: Never.self) {
            try Paths(runDirectory: "/" + String(repeating: "d", count: 81))
        }
    }
}
