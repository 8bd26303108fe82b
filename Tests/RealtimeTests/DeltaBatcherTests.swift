import Realtime
import Testing
import TestSupport

@Suite struct `Delta batcher` {
    @Test func `deltas of one stream within the window become one, in order`() {
        var batcher = DeltaBatcher()
        #expect(batcher.add(delta("Hel", "e1"), at: .milliseconds(1_000)) == .wait)
        #expect(batcher.add(delta("lo", "e2"), at: .milliseconds(1_049)) == .wait)
        #expect(batcher.nextDeadline == .milliseconds(1_050))
        #expect(batcher.flushDue(at: .milliseconds(1_049)) == [])
        let batches = batcher.flushDue(at: .milliseconds(1_050))
        #expect(batches.map(\.text) == ["Hello"])
        #expect(batches.first?.eventIDs == ["e1", "e2"])
        #expect(batcher.nextDeadline == nil)
    }

    @Test func `turns and sub-agents are batched apart`() {
        var batcher = DeltaBatcher()
        let streams = [
            TextStream(turn: "t"), TextStream(turn: "u"), TextStream(turn: "t", parent: "p"),
        ]
        for (id, stream) in zip(["0", "1", "2"] as [EventID], streams) {
            _ = batcher.add(delta(id.text, id, stream), at: .zero)
        }
        _ = batcher.add(delta("!", "e9", streams[0]), at: .zero)
        #expect(batcher.flush("s").map(\.text) == ["0!", "1", "2"])
    }

    @Test func `another event flushes its own session only`() {
        var batcher = DeltaBatcher()
        _ = batcher.add(delta("a", "e1", session: "s1"), at: .zero)
        _ = batcher.add(delta("b", "e1", session: "s2"), at: .milliseconds(10))
        #expect(batcher.flush("s1").map(\.text) == ["a"])
        #expect(batcher.flush("s1") == [])
        #expect(batcher.nextDeadline == .milliseconds(60))
        #expect(batcher.flushAll().map(\.text) == ["b"])
    }

    @Test func `a repeated event id is recognised while its batch is open`() {
        var batcher = DeltaBatcher()
        _ = batcher.add(delta("a", "e1"), at: .zero)
        #expect(batcher.add(delta("a", "e1"), at: .zero) == .duplicate)
        #expect(batcher.add(delta("a", "e1", session: "other"), at: .zero) == .wait)
        #expect(batcher.flush("s").map(\.text) == ["a"])
        #expect(batcher.add(delta("a", "e1"), at: .zero) == .wait)
        _ = batcher.add(delta("b", "e2", TextStream(turn: "t")), at: .milliseconds(20))
        _ = batcher.flushDue(at: .milliseconds(50))
        #expect(batcher.add(delta("a", "e1"), at: .milliseconds(51)) == .wait)
        #expect(batcher.add(delta("b", "e2"), at: .milliseconds(51)) == .duplicate)
    }

    @Test func `a batch that reaches its bytes is published at once`() {
        var batcher = DeltaBatcher(limits: .init(maximumBytes: 4))
        #expect(batcher.add(delta("abc", "e1"), at: .zero) == .wait)
        guard case .publish(let batches) = batcher.add(delta("d", "e2"), at: .zero) else {
            Issue.record("The full batch was not published.")
            return
        }
        #expect(batches.map(\.text) == ["abcd"])
        #expect(batcher.nextDeadline == nil)
    }

    @Test func `one stream too many publishes the whole session, the new one last`() {
        var batcher = DeltaBatcher(limits: .init(maximumBatchesPerSession: 2))
        _ = batcher.add(delta("1", "e1", TextStream(turn: "1")), at: .zero)
        _ = batcher.add(delta("2", "e2", TextStream(turn: "2")), at: .zero)
        guard
            case .publish(let batches) = batcher.add(
                delta("3", "e3", TextStream(turn: "3")), at: .zero)
        else {
            Issue.record("Nothing was published.")
            return
        }
        #expect(batches.map(\.text) == ["1", "2", "3"])
        #expect(batcher.nextDeadline == nil)
    }

    @Test func `what was done to a session can be taken back, and no other session notices`() {
        var batcher = DeltaBatcher()
        _ = batcher.add(delta("a", "e1"), at: .zero)
        let checkpoint = batcher.checkpoint(of: "s")
        _ = batcher.add(delta("b", "e2"), at: .milliseconds(10))
        _ = batcher.add(delta("c", "e3", session: "other"), at: .milliseconds(20))
        _ = batcher.flush("s")
        _ = batcher.add(delta("d", "e4", TextStream(turn: "t")), at: .milliseconds(30))
        batcher.restore(checkpoint)
        #expect(batcher.nextDeadline == .milliseconds(50))
        #expect(batcher.sessionsDue(at: .milliseconds(50)) == ["s"])
        #expect(batcher.add(delta("b", "e2"), at: .milliseconds(40)) == .wait)
        #expect(batcher.flushDue(at: .milliseconds(50)).map(\.text) == ["ab"])
        #expect(batcher.flushAll().map(\.text) == ["c"])
    }

    /// Random deltas and other events of some sessions, against the plain sequence they came in.
    @Test(arguments: seeds) func `nothing is lost, late, repeated or overtaken`(_ seed: UInt64) {
        var world = BatchWorld(seed: seed)
        for _ in 0..<3_000 { world.step() }
        world.finish()
        #expect(world.defects == [])
        #expect(world.merged > 100)
    }
}

private func delta(
    _ text: String, _ eventID: EventID, _ stream: TextStream = TextStream(),
    session: SessionID = "s"
) -> TextDelta {
    TextDelta(session: session, stream: stream, eventID: eventID, delta: text)
}

/// A producer's side (what came when) and a subscriber's (what was published) of a batcher.
private struct BatchWorld {
    private struct Lane: Hashable {
        let session: SessionID
        let stream: TextStream
    }

    private var random: SplitMix64
    private var batcher = DeltaBatcher(limits: .init(maximumBytes: 40, maximumBatchesPerSession: 3))
    private var now = Duration.zero
    private var next = 0
    /// Deltas that are not published yet, by lane, in order, with their arrival.
    private var open: [Lane: [(eventID: EventID, text: String, at: Duration)]] = [:]

    private(set) var defects: [String] = []
    private(set) var merged = 0

    init(seed: UInt64) { random = SplitMix64(seed: seed) }

    mutating func step() {
        advance(by: .milliseconds(Int.random(in: 0...12, using: &random)))
        let session: SessionID = random.oneIn(2) ? "s1" : "s2"
        if random.oneIn(8) {
            publish(batcher.flush(session))
            for (lane, deltas) in open where lane.session == session && !deltas.isEmpty {
                defects.append("an event of \(session) overtook \(deltas.count) deltas")
            }
        } else {
            add(to: session)
        }
    }

    mutating func finish() {
        publish(batcher.flushAll())
        if open.values.contains(where: { !$0.isEmpty }) { defects.append("deltas were lost") }
    }

    private mutating func add(to session: SessionID) {
        let turns: [TurnID?] = [nil, "a", "b", "c", "d"]
        let stream = TextStream(turn: turns[Int.random(in: 0..<turns.count, using: &random)])
        next += 1
        guard let eventID = try? EventID(parsing: "e\(next)") else { return }
        let text = "\(next) "
        open[Lane(session: session, stream: stream), default: []].append((eventID, text, now))
        switch batcher.add(delta(text, eventID, stream, session: session), at: now) {
        case .wait: break
        case .publish(let batches): publish(batches)
        case .duplicate: defects.append("\(eventID) is new")
        }
    }

    /// The shell's timer: it fires at the deadline, not before.
    private mutating func advance(by step: Duration) {
        now += step
        while let deadline = batcher.nextDeadline, deadline <= now {
            publish(batcher.flushDue(at: deadline), at: deadline)
        }
    }

    private mutating func publish(_ batches: [DeltaBatcher.Batch], at moment: Duration? = nil) {
        for batch in batches {
            let lane = Lane(session: batch.session, stream: batch.stream)
            let expected = open[lane] ?? []
            if expected.map(\.text).joined() != batch.text
                || expected.map(\.eventID) != batch.eventIDs
            {
                defects.append("\(batch) was published, \(expected) came")
            }
            if let first = expected.first, (moment ?? now) - first.at > .milliseconds(50) {
                defects.append("\(first.eventID) is late")
            }
            if expected.count > 1 { merged += 1 }
            open[lane] = []
        }
    }
}
