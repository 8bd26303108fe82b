import Testing
import Tools

@Suite struct `The life of a sandbox` {
    var machine = SandboxStateMachine()

    @Test mutating func `a command runs after limits are placed and the walls stand`() {
        #expect(machine.received(.child(pid: 7)) == [.limit(pid: 7), .letGo])
        #expect(!machine.isRunning)
        #expect(machine.received(.ready) == [.letGo])
        #expect(machine.isRunning)
        #expect(machine.received(.exit(code: 3)) == [])
        #expect(machine.bubblewrapEnded() == [.finish(.exited(code: 3))])
        #expect(machine.bubblewrapEnded() == [])
    }

    @Test mutating func `an end before anything is known closes the gate`() {
        #expect(machine.end(.cancelled) == [.closeGate])
        #expect(machine.received(.child(pid: 7)) == [.limit(pid: 7), .killSandbox])
        #expect(machine.received(.ready) == [], "the gate stays closed")
        #expect(machine.bubblewrapEnded() == [.finish(.stopped(.cancelled))])
    }

    @Test mutating func `an end in the middle kills, and only the first reason counts`() {
        _ = machine.received(.child(pid: 7))
        _ = machine.received(.ready)
        #expect(machine.end(.timedOut) == [.closeGate, .killSandbox])
        #expect(machine.end(.cancelled) == [])
        #expect(machine.received(.exit(code: 137)) == [])
        #expect(machine.bubblewrapEnded() == [.finish(.stopped(.timedOut))])
    }

    @Test mutating func `an end that comes too late changes nothing`() {
        _ = machine.received(.child(pid: 7))
        _ = machine.received(.ready)
        _ = machine.received(.exit(code: 0))
        #expect(machine.end(.cancelled) == [])
        #expect(machine.bubblewrapEnded() == [.finish(.exited(code: 0))])
        #expect(machine.end(.cancelled) == [])
    }

    @Test mutating func `without walls there is no command`() {
        #expect(machine.bubblewrapEnded() == [.finish(.failedToStart)])
    }

    @Test mutating func `walls that fell on the way are no exit`() {
        _ = machine.received(.child(pid: 7))
        // A code that did not come from a command that was let go.
        _ = machine.received(.exit(code: 0))
        #expect(machine.bubblewrapEnded() == [.finish(.failedToStart)])
        machine = SandboxStateMachine()
        _ = machine.received(.child(pid: 7))
        _ = machine.received(.ready)
        #expect(machine.bubblewrapEnded() == [.finish(.lost)])
    }

    @Test mutating func `what comes twice or out of order opens nothing`() {
        #expect(machine.received(.ready) == [])
        #expect(machine.received(.child(pid: 7)) == [.limit(pid: 7), .letGo])
        #expect(machine.received(.child(pid: 8)) == [])
        #expect(machine.received(.ready) == [.letGo])
        #expect(machine.received(.ready) == [])
    }

    @Test(arguments: [
        (#"{ "child-pid": 6895, "mnt-namespace": 4026532178 }"#, SandboxStatus.child(pid: 6895)),
        (#"{ "exit-code": 3 }"#, .exit(code: 3)), (#"{"ready":true}"#, .ready),
        (#"{"ready":false}"#, nil), (#"{ "child-pid": 99999999999 }"#, nil), ("nonsense", nil),
    ])
    func `its lines are read`(_ line: String, _ status: SandboxStatus?) {
        #expect(SandboxStatus(line: Array(line.utf8)[...]) == status)
    }
}
