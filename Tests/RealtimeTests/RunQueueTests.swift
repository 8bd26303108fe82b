import Realtime
import Testing

@Suite struct `Run queue` {
    private let wide = RunQueue.Limits(maximumRuns: 100, maximumRunsPerTeam: 100)

    @Test func `sessions of a team come in the order in which they began to wait`() {
        var queue = RunQueue()
        for session: SessionID in ["c", "a", "b"] { queue.wait(session, of: "t") }
        queue.wait("c", of: "t")
        #expect(drain(&queue, wide) == ["c", "a", "b"])
    }

    @Test func `a session that had a run waits at the end of the line`() {
        var queue = RunQueue()
        queue.wait("a", of: "t")
        queue.begin("a", of: "t")
        queue.wait("a", of: "t")
        #expect(queue.next(wide) == nil)
        queue.wait("b", of: "t")
        queue.end("a")
        queue.wait("a", of: "t")
        #expect(drain(&queue, wide) == ["b", "a"])
    }

    @Test func `a team with a thousand sessions does not hold up another's first`() {
        var queue = RunQueue()
        for number in 0..<1_000 { queue.wait(id("many-\(number)"), of: "many") }
        queue.begin("many-0", of: "many")
        queue.wait("one", of: "few")
        #expect(queue.next(wide) == "one")
    }

    @Test func `a team at its limit holds up nobody, and all stop at the limit of all`() {
        let limits = RunQueue.Limits(maximumRuns: 3, maximumRunsPerTeam: 2)
        var queue = RunQueue()
        for session: SessionID in ["a1", "a2", "a3"] { queue.wait(session, of: "a") }
        for session: SessionID in ["b1", "b2"] { queue.wait(session, of: "b") }
        #expect(drain(&queue, limits) == ["a1", "b1", "a2"])
        #expect(queue.waitingCount == 2 && queue.runCount == 3)
        #expect(!queue.admits("b", limits))
        queue.end("a1")
        #expect(queue.next(limits) == "a3")
    }

    @Test func `a session that was withdrawn never comes, and one that ended counts once`() {
        var queue = RunQueue()
        queue.wait("a", of: "t")
        queue.withdraw("a")
        queue.withdraw("a")
        #expect(queue.next(wide) == nil)
        queue.begin("a", of: "t")
        queue.begin("a", of: "t")
        queue.end("a")
        queue.end("a")
        #expect(queue.admits("t", .init(maximumRuns: 1, maximumRunsPerTeam: 1)))
    }

    private func drain(_ queue: inout RunQueue, _ limits: RunQueue.Limits) -> [SessionID] {
        var order: [SessionID] = []
        while let session = queue.next(limits) {
            order.append(session)
            queue.begin(session, of: session.text.hasPrefix("b") && limits != wide ? "b" : "a")
        }
        return order
    }

    private func id(_ text: String) -> SessionID {
        do { return try SessionID(parsing: text) } catch { preconditionFailure("\(error)") }
    }
}
