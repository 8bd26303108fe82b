import Realtime
import Testing
import TestSupport

@Suite struct `History` {
    @Test func `the ring drops the oldest over its count and over its bytes`() {
        var ring = PublicationRing(limits: .init(maximumPublications: 3, maximumBytes: 10))
        for offset in Offset(1)...5 { ring.append(publication(offset, bytes: 2)) }
        #expect(ring.publications(after: 2)?.map(\.offset) == [3, 4, 5])
        #expect(ring.publications(after: 1) == nil)
        ring.append(publication(6, bytes: 9))
        #expect(ring.publications(after: 5)?.map(\.offset) == [6])
        ring.append(publication(7, bytes: 11))
        #expect(ring.count == 0 && ring.bytes == 0)
    }

    @Test func `a position of another epoch or ahead of the stream is lost`() {
        var stream = ChannelStream(epoch: "e1")
        stream.append(publication(1))
        #expect(stream.recovery(since: .init(epoch: "e2", offset: 1)) == .lost)
        #expect(stream.recovery(since: .init(epoch: "e1", offset: 2)) == .lost)
        #expect(stream.recovery(since: .init(epoch: "e1", offset: -1)) == .lost)
        #expect(stream.recovery(since: .init(epoch: "e1", offset: .max)) == .lost)
        #expect(stream.recovery(since: .init(epoch: "e1", offset: 1)) == .upToDate)
        #expect(
            stream.recovery(since: .init(epoch: "e1", offset: 0)) == .fromRing([publication(1)]))
    }

    @Test func `after a restart the store answers what the ring no longer can`() {
        var stream = ChannelStream(epoch: "e", head: 10, oldestKept: 4)
        #expect(stream.recovery(since: .init(epoch: "e", offset: 3)) == .fromStore(after: 3))
        #expect(stream.recovery(since: .init(epoch: "e", offset: 2)) == .lost)
        stream.append(publication(11))
        #expect(stream.recovery(since: .init(epoch: "e", offset: 9)) == .fromStore(after: 9))
        #expect(
            stream.recovery(since: .init(epoch: "e", offset: 10)) == .fromRing([publication(11)]))
    }

    @Test func `a trimmed history is lost for those who are behind, also in the ring`() {
        var stream = ChannelStream(epoch: "e")
        for offset in Offset(1)...4 { stream.append(publication(offset)) }
        stream.trim(before: 3)
        #expect(stream.recovery(since: .init(epoch: "e", offset: 1)) == .lost)
        #expect(
            stream.recovery(since: .init(epoch: "e", offset: 2))
                == .fromRing([publication(3), publication(4)]))
        stream.trim(before: 100)
        #expect(stream.ringBytes == 0, "What is trimmed is not kept in memory.")
        #expect(stream.oldestKept == 5)
        #expect(stream.recovery(since: .init(epoch: "e", offset: 4)) == .upToDate)
        #expect(stream.recovery(since: .init(epoch: "e", offset: 3)) == .lost)
    }

    @Test func `what did not commit is taken back and its offsets are given out again`() {
        var stream = ChannelStream(epoch: "e")
        for offset in Offset(1)...4 { stream.append(publication(offset)) }
        stream.rollBack(to: 2)
        #expect(stream.nextOffset == 3)
        stream.append(publication(3, bytes: 7))
        #expect(
            stream.recovery(since: .init(epoch: "e", offset: 1))
                == .fromRing([publication(2), publication(3, bytes: 7)]))
    }

    /// A subscriber that comes and goes at random times against one that always listens: whatever
    /// it was given as recovered and live must be exactly what was published, once, in order.
    @Test(arguments: seeds) func `history joins live without a gap or a repetition`(_ seed: UInt64)
    {
        var world = JoinWorld(seed: seed)
        for _ in 0..<2_000 { world.step() }
        #expect(world.defects == [])
        #expect(world.recoveries > 50 && world.losses > 0 && world.fromStore > 0)
    }
}

private func publication(_ offset: Offset, bytes: Int = 1) -> Publication {
    let text = [UInt8](repeating: UInt8(ascii: "x"), count: bytes)
    guard let eventID = try? EventID(parsing: "e\(offset)") else { preconditionFailure("no id") }
    return Publication(offset: offset, eventID: eventID, text: text)
}

/// One channel, its store, and one subscriber behind a link that fails.
private struct JoinWorld {
    private var random: SplitMix64
    private var life = 1
    private var stream: ChannelStream
    private var stored: [Publication] = []
    private var cursor: SubscriptionCursor
    private var isLive = true
    /// Deliveries on their way to the subscriber: the ordered stream between hub and worker.
    private var link: [(position: StreamPosition, eventID: EventID)] = []
    private var expectedNext: Offset = 1

    private(set) var defects: [String] = []
    private(set) var recoveries = 0
    private(set) var losses = 0
    private(set) var fromStore = 0

    init(seed: UInt64) {
        random = SplitMix64(seed: seed)
        stream = ChannelStream(epoch: "life-1", limits: Self.limits)
        cursor = SubscriptionCursor(from: stream.position)
    }

    private static let limits = PublicationRing.Limits(maximumPublications: 8, maximumBytes: 60)

    mutating func step() {
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<55: publish()
        case 55..<75: deliver(upTo: Int.random(in: 0...4, using: &random))
        case 75..<84: disconnect()
        case 84..<95: if !isLive { resume() }
        case 95..<97: trim()
        case 97: restartHub()
        default: if random.oneIn(4) { beginNewEpoch() }
        }
    }

    private mutating func publish() {
        let size = Int.random(in: 1...20, using: &random)
        let next = publication(stream.nextOffset, bytes: size)
        stream.append(next)
        stored.append(next)
        guard isLive else { return }
        link.append((stream.position, next.eventID))
        if random.oneIn(6) { link.append((stream.position, next.eventID)) }
    }

    private mutating func deliver(upTo count: Int) {
        for (position, eventID) in link.prefix(count) {
            guard cursor.receive(position) == .deliver else { continue }
            if eventID.text != "e\(expectedNext)" || position.offset != expectedNext {
                defects.append("expected \(expectedNext), got \(eventID) at \(position.offset)")
            }
            expectedNext = position.offset + 1
        }
        link.removeFirst(min(count, link.count))
    }

    private mutating func disconnect() {
        isLive = false
        link = []
    }

    private mutating func resume() {
        isLive = true
        recoveries += 1
        let missed: [Publication]
        switch stream.recovery(since: cursor.position) {
        case .upToDate: missed = []
        case .fromRing(let publications): missed = publications
        case .fromStore(let after):
            fromStore += 1
            missed = stored.filter { $0.offset > after }
        case .lost: return startAnew()
        }
        if cursor.position.offset + Offset(missed.count) != stream.head {
            defects.append("recovery since \(cursor.position.offset) gave \(missed.count)")
        }
        for one in missed {
            link.append((.init(epoch: stream.epoch, offset: one.offset), one.eventID))
        }
    }

    private mutating func startAnew() {
        losses += 1
        let mayHaveLost =
            cursor.position.epoch != stream.epoch
            || cursor.position.offset + 1 < stream.oldestKept
        if !mayHaveLost { defects.append("lost \(cursor.position) although it was kept") }
        cursor = SubscriptionCursor(from: stream.position)
        expectedNext = stream.head + 1
    }

    private mutating func trim() {
        let oldest = Offset.random(in: 1...(stream.head + 1), using: &random)
        stream.trim(before: oldest)
        stored.removeAll { $0.offset < oldest }
    }

    private mutating func restartHub() {
        disconnect()
        stream = ChannelStream(
            epoch: stream.epoch, head: stream.head, oldestKept: stream.oldestKept,
            limits: Self.limits)
    }

    private mutating func beginNewEpoch() {
        disconnect()
        life += 1
        guard let epoch = try? Epoch(parsing: "life-\(life)") else { return }
        stream = ChannelStream(epoch: epoch, limits: Self.limits)
        stored = []
    }
}
