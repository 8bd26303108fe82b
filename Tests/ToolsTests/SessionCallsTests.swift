import EventLoop
import Glibc
import JSON
import Synchronization
import System
import Testing
import Tools

@Suite(.serialized) struct `Calls of sessions` {
    private let loop: EventLoop
    init() throws { loop = try EventLoop() }

    /// Work that hangs like a file system whose server is gone, until the test lets go.
    private final class Gate: Sendable {
        private let semaphore = Semaphore()
        private let count = Atomic(0)
        var entered: Int { count.load(ordering: .acquiring) }
        func note() { count.add(1, ordering: .acquiringAndReleasing) }
        func pass() {
            note()
            semaphore.wait()
        }
        func open(_ count: Int) { for _ in 0..<count { semaphore.signal() } }
    }

    @Test func `a session whose calls hang takes no thread of another`() throws {
        let calls = make(time: .seconds(60))
        let gate = Gate()
        var ended = 0
        for _ in 0..<50 {
            _ = calls.run(for: "bad") { _ in
                gate.pass()
            } then: { _ in
                ended += 1
            }
        }
        try wait { gate.entered == ToolLimits.maximumBlockingCallsPerSession }
        var answers: [Int] = []
        for number in 0..<40 {
            _ = calls.run(for: "good \(number % 4)") { _ in
                number
            } then: {
                if case .done(let value) = $0 { answers.append(value) }
            }
        }
        try wait { answers.count == 40 }
        #expect(gate.entered == ToolLimits.maximumBlockingCallsPerSession)
        gate.open(50)
        try wait { ended == 50 }
    }

    @Test func `a call that hangs is answered when its time is over, and counted until it ends`()
        throws
    {
        let calls = make(time: .milliseconds(50))
        let gate = Gate()
        var ends: [SessionCalls.Stop] = []
        for _ in 0..<4 {
            _ = calls.run(for: "s") { _ in
                gate.pass()
            } then: {
                if case .stopped(let stop, mayHaveChanged: false) = $0 { ends.append(stop) }
            }
        }
        try wait { ends.count == 4 }
        #expect(ends.allSatisfy { $0 == .timedOut })
        #expect(calls.hanging == 2, "the others never began")
        gate.open(2)
        try wait { calls.hanging == 0 }
        #expect(gate.entered == 2, "what was answered without having begun never begins")
    }

    @Test func `a cancel is answered at once, and the work can change nothing any more`() throws {
        let calls = make(time: .seconds(60))
        let gate = Gate()
        let changes = Gate()
        var ending: SessionCalls.Stop?
        let call = calls.run(for: "s") { cancellation in
            gate.pass()
            if cancellation.commit() { changes.note() }
        } then: {
            if case .stopped(let stop, mayHaveChanged: false) = $0 { ending = stop }
        }
        try wait { gate.entered == 1 }
        call?.cancel()
        #expect(ending == .cancelled)
        gate.open(1)
        try wait { calls.hanging == 0 }
        #expect(changes.entered == 0)
    }

    @Test func `a change that is being made is waited for, and then it is unknown`() throws {
        let calls = make(time: .seconds(60), commitTime: .milliseconds(50))
        for hangs in [false, true] {
            let gate = Gate()
            var endings: [String] = []
            let call = calls.run(for: "s") { cancellation in
                _ = cancellation.commit()
                gate.pass()
                return 7
            } then: {
                endings.append("\($0)")
            }
            try wait { gate.entered == 1 }
            call?.cancel()
            call?.cancel()
            #expect(endings.isEmpty)
            if !hangs { gate.open(1) }
            try wait { !endings.isEmpty }
            #expect(endings[0].contains(hangs ? "mayHaveChanged: true" : "done(7)"))
            gate.open(1)
            try wait { calls.hanging == 0 }
        }
    }

    @Test func `more calls than wait may are refused`() throws {
        let calls = make(time: .seconds(60), queued: 3)
        let gate = Gate()
        let taken = (0..<5).map { _ in
            calls.run(for: "s") { _ in
                gate.pass()
            } then: { _ in
            } != nil
        }
        #expect(taken == [true, true, true, false, false])
        gate.open(5)
        try wait {
            calls.run(for: "s") { _ in
            } then: { _ in
            } != nil
        }
    }

    private func make(
        time: Duration, commitTime: Duration = .seconds(5), queued: Int = 1_024
    ) -> SessionCalls {
        var limits = SessionCalls.Limits(time: time)
        limits.commitTime = commitTime
        limits.queued = queued
        return SessionCalls(loop, name: "test", limits)
    }

    private func wait(until isDone: @escaping () -> Bool) throws {
        let end = ContinuousClock.now + .seconds(30)
        let timer = loop.schedule(after: .milliseconds(5), repeating: .milliseconds(5)) { [loop] in
            if isDone() || ContinuousClock.now > end { loop.stop() }
        }
        defer { timer.cancel() }
        while !isDone() {
            try #require(ContinuousClock.now < end, "not within 30 s")
            loop.run()
        }
    }
}

@Suite(.serialized) struct `What a session has read` {
    let harness: Harness
    init() throws { harness = try Harness() }

    @Test func `need not be read again in a later run, unless it changed`() throws {
        try harness.write("a", "one")
        try harness.run("Read", ["file_path": "a"])
        try harness.nextRun()
        #expect(!(try edit("one", "two")).isError)
        try harness.nextRun()
        #expect(!(try edit("two", "three")).isError, "what it wrote it has seen")
        try harness.write("a", "changed")
        try harness.nextRun()
        #expect(try edit("changed", "x").text.contains("no longer as you read it"))
    }

    @Test func `is nothing that another session may build on`() throws {
        try harness.write("a", "one")
        try harness.run("Read", ["file_path": "a"])
        try harness.nextRun(of: "other")
        #expect(try edit("one", "two").text.contains("Read it first"))
    }

    @Test func `is bounded: the session idle longest reads again`() throws {
        try harness.write("a", "one")
        try harness.run("Read", ["file_path": "a"])
        for number in 0..<ToolLimits.maximumLedgerSessions {
            try harness.nextRun(of: "s\(number)")
            try harness.run("Read", ["file_path": "none"])
        }
        try harness.nextRun()
        #expect(try edit("one", "two").text.contains("Read it first"))
    }

    @Test func `is nothing that its model never saw`() throws {
        try harness.write("a", "one")
        let call = try harness.prepare("Read", ["file_path": "a"]).get()
        var outcome: ToolOutcome?
        let run = harness.runner.run(
            call, access: .readOnly, in: harness.workspace, onOutput: { _ in },
            completion: { outcome = $0 })
        run.cancel()
        try harness.wait { outcome != nil }
        #expect(outcome?.isError == true && outcome?.text.contains("Interrupted") == true)
        try harness.wait { [harness] in harness.runner.hangingCalls == 0 }
        #expect(try edit("one", "two").text.contains("Read it first"))
    }

    @Test func `is true also when a change is aborted at any moment`() throws {
        var endings: Set<Bool> = []
        for number in 0..<150 {
            let name = "f\(number)"
            let call = try harness.prepare(
                "Write", ["file_path": .string(name), "content": "x"]
            ).get()
            var outcome: ToolOutcome?
            let run = harness.runner.run(
                call, access: .writable, in: harness.workspace, onOutput: { _ in },
                completion: { outcome = $0 })
            let end = ContinuousClock.now + .microseconds(number * 20)
            while ContinuousClock.now < end {}
            run.cancel()
            try harness.wait { [harness] in outcome != nil && harness.runner.hangingCalls == 0 }
            let isChanged = harness.text(name) != nil
            #expect(outcome?.isError == !isChanged, "\(outcome?.text ?? "")")
            if !isChanged { #expect(outcome?.text.contains("was not changed") == true) }
            endings.insert(isChanged)
        }
        #expect(endings.contains(false), "no abort was early enough")
        let left = Folder.names(harness.root).filter { $0.utf8.first == UInt8(ascii: ".") }
        #expect(left.isEmpty, "a temporary file was left")
    }

    private func edit(_ old: String, _ new: String) throws -> ToolOutcome {
        try harness.run(
            "Edit",
            ["file_path": "a", "old_string": .string(old), "new_string": .string(new)])
    }
}
