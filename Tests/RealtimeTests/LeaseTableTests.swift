import Realtime
import Testing

@Suite struct `Lease table` {
    private typealias Table = LeaseTable<Int>
    private let timing = Table.Timing(
        lifetime: .seconds(20), reconnect: .seconds(5), abort: .seconds(10))

    /// Worker 1 with room for two, and the run of `s` since second 0.
    private func table() -> Table {
        var table = Table()
        _ = table.announce(1, capacity: 2, leases: [], at: .zero, timing)
        table.grant("s", of: "t", generation: 3, to: 1, at: .zero, timing)
        return table
    }

    @Test func `a lease that nobody renews lapses after its lifetime`() {
        var table = table()
        #expect(table.due(at: .seconds(19)).isEmpty && table.nextDeadline == .seconds(20))
        #expect(table.due(at: .seconds(20)).map(\.lapse) == [.agentLost])
        table.end("s")
        #expect(table["s"] == nil && table.nextDeadline == nil && table.room == 2)
    }

    @Test func `an announcement renews what it lists and nothing else`() {
        var table = table()
        table.grant("other", of: "t", generation: 1, to: 1, at: .zero, timing)
        let announced = table.announce(
            1, capacity: 2, leases: [("s", 3)], at: .seconds(15), timing)
        #expect(announced == [.renewed("s")])
        #expect(table.due(at: .seconds(20)).map(\.session) == ["other"])
        #expect(table.due(at: .seconds(35)).map(\.session) == ["other", "s"])
    }

    @Test func `nobody takes a lease from a worker whose link stands`() {
        var table = table()
        let announced = table.announce(2, capacity: 1, leases: [("s", 3)], at: .seconds(15), timing)
        #expect(announced == [.unknown("s", generation: 3)])
        #expect(table["s"]?.worker == 1 && table.due(at: .seconds(20)).map(\.session) == ["s"])
        table.left(1, at: .seconds(20), timing)
        #expect(
            table.announce(2, capacity: 1, leases: [("s", 3)], at: .seconds(20), timing)
                == [.adopted("s")])
    }

    @Test func `another generation is unknown and renews nothing`() {
        var table = table()
        for generation: Int64 in [2, 4] {
            #expect(
                table.announce(
                    1, capacity: 2, leases: [("s", generation)], at: .seconds(15), timing)
                    == [.unknown("s", generation: generation)])
        }
        #expect(!table.due(at: .seconds(20)).isEmpty)
    }

    @Test func `a worker whose link is down has a little time, and is known again`() {
        var table = table()
        table.left(1, at: .seconds(1), timing)
        #expect(table["s"]?.worker == nil && table.room == 0 && !table.hasWorkers)
        #expect(table.nextDeadline == .seconds(6))
        #expect(
            table.announce(2, capacity: 1, leases: [("s", 3)], at: .seconds(2), timing)
                == [.adopted("s")])
        #expect(table["s"]?.worker == 2 && table.room == 0)
        #expect(table.nextDeadline == .seconds(22))
    }

    @Test func `a link that goes down late does not lengthen a lease`() {
        var table = table()
        table.left(1, at: .seconds(18), timing)
        #expect(table.nextDeadline == .seconds(20))
    }

    @Test func `a run that was to stop and has not is due, however alive its worker is`() {
        var table = table()
        table.stop("s", at: .seconds(1), timing)
        table.stop("s", at: .seconds(9), timing)
        _ = table.announce(1, capacity: 2, leases: [("s", 3)], at: .seconds(10), timing)
        #expect(table.due(at: .seconds(11)).map(\.lapse) == [.notStopped])
    }

    @Test func `the worker with the most room is next, and none without room`() {
        var table = table()
        #expect(table.roomiest == 1 && table.room == 1)
        _ = table.announce(2, capacity: 2, leases: [], at: .zero, timing)
        #expect(table.roomiest == 2 && table.room == 3)
        _ = table.announce(2, capacity: 0, leases: [], at: .zero, timing)
        table.grant("b", of: "t", generation: 1, to: 1, at: .zero, timing)
        #expect(table.roomiest == nil && table.room == 0 && table.hasWorkers)
    }

    @Test func `a restored lease waits for a worker to announce it`() {
        var table = Table()
        table.restore(
            "s", of: "t", generation: 3, isStopping: true, remaining: timing.lifetime,
            at: .seconds(100), timing)
        #expect(table["s"]?.isStopping == true && table.nextDeadline == .seconds(110))
        #expect(
            table.announce(1, capacity: 1, leases: [("s", 3)], at: .seconds(101), timing)
                == [.adopted("s")])
    }

    @Test func `sums and differences of usage leave out what nobody said`() {
        let first = TokenUsage(inputTokens: 10, outputTokens: 5, contextTokens: 15)
        let second = TokenUsage(
            inputTokens: 1, outputTokens: 2, cacheReadTokens: 4, contextTokens: 18)
        let sum = first.adding(second)
        #expect(
            sum
                == TokenUsage(
                    inputTokens: 11, outputTokens: 7, cacheReadTokens: 4, contextTokens: 18))
        #expect(sum.since(first) == second)
        #expect(sum.since(nil) == sum)
    }
}
