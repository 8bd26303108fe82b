import Realtime
import Testing

@Suite struct `Turn queue` {
    private let limits = TurnQueue<String, Int>.Limits(maximumPerKey: 4, maximumTotal: 6)

    @Test func `turns go round over the keys, and each key keeps its order`() {
        var queue = TurnQueue<String, Int>()
        for number in 1...4 { #expect(queue.append(number, for: "greedy", limits) == nil) }
        #expect(queue.append(10, for: "modest", limits) == nil)
        #expect(queue.popFirst() == 1)
        #expect(queue.append(20, for: "late", limits) == nil)
        #expect((1...6).map { _ in queue.popFirst() } == [10, 2, 20, 3, 4, nil])
        #expect(queue.isEmpty && queue.count(of: "greedy") == 0)
    }

    @Test func `what is over a limit is refused, and says for whom`() {
        var queue = TurnQueue<String, Int>()
        for number in 1...4 { #expect(queue.append(number, for: "greedy", limits) == nil) }
        #expect(queue.append(5, for: "greedy", limits) == .keyIsFull)
        #expect(queue.append(6, for: "modest", limits) == nil)
        #expect(queue.append(7, for: "other", limits) == nil)
        #expect(queue.append(8, for: "last", limits) == .isFull)
        #expect(queue.count == 6)
        #expect(queue.popFirst() == 1)
        #expect(queue.append(5, for: "greedy", limits) == nil)
    }

    @Test func `nobody waits for more than one piece of each other key`() {
        var queue = TurnQueue<Int, Int>()
        let limits = TurnQueue<Int, Int>.Limits(maximumPerKey: 100, maximumTotal: 1_000)
        for key in 0..<9 {
            for _ in 0..<100 { #expect(queue.append(key, for: key, limits) == nil) }
        }
        _ = queue.popFirst()
        #expect(queue.append(9, for: 9, limits) == nil)
        let before = (0..<1_000).map { _ in queue.popFirst() }.prefix { $0 != 9 }
        #expect(before.count == 9)
    }

    @Test func `room is made at the cost of the longest line, and of none that is no longer`() {
        var queue = TurnQueue<String, String>()
        let limits = TurnQueue<String, String>.Limits(maximumPerKey: 3, maximumTotal: 3)
        for piece in ["a1", "a2", "a3"] { #expect(queue.append(piece, for: "a", limits) == nil) }
        #expect(queue.makeRoom(for: "a") == nil)
        #expect(queue.makeRoom(for: "b") == "a3")
        #expect(queue.append("b1", for: "b", limits) == nil)
        #expect(queue.makeRoom(for: "b") == nil)
        #expect((0..<4).map { _ in queue.popFirst() } == ["a1", "b1", "a2", nil])
    }
}
