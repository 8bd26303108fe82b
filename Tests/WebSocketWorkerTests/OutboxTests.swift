import Testing
import WebSocketWorker

/// Records what it is given; choked after `capacity` bytes.
private final class Recorder: FrameSink {
    var isOpen = true
    var capacity = Int.max
    private(set) var bytes: [UInt8] = []
    private(set) var writes = 0

    var isChoked: Bool { bytes.count >= capacity }

    func write(_ frames: Span<UInt8>) -> Int {
        guard isOpen, !isChoked else { return 0 }
        writes += 1
        for index in 0..<frames.count { bytes.append(frames[index]) }
        return frames.count
    }

    /// The payloads of the text frames in what was written.
    var texts: [String] {
        var texts: [String] = []
        var rest = bytes[...]
        while rest.count >= 2 {
            let short = Int(rest[rest.startIndex + 1])
            let isLong = short == 126
            let start = rest.startIndex + (isLong ? 4 : 2)
            let count =
                isLong
                ? Int(rest[rest.startIndex + 2]) << 8 | Int(rest[rest.startIndex + 3]) : short
            texts.append(String(decoding: rest[start..<(start + count)], as: UTF8.self))
            rest = rest[(start + count)...]
        }
        return texts
    }
}

struct OutboxTests {
    private let outbox = Outbox(maximumQueueBytes: 1000)

    private func append(_ text: String, to slots: Outbox.Slot...) {
        outbox.append(Array(text.utf8).span, to: ContiguousArray(slots))
    }

    @Test func `a socket is given whole frames only, however much waits`() {
        let outbox = Outbox(maximumQueueBytes: 1_000_000)
        let slow = Recorder()
        slow.capacity = 1
        let slot = outbox.open(slow)
        let text = [UInt8](repeating: UInt8(ascii: "x"), count: 60_000)
        for _ in 0..<5 { outbox.append(text.span, to: slot) }
        outbox.flush()
        #expect(slow.bytes.count == 2 * 60_004)
        slow.capacity = slow.bytes.count + 1
        outbox.becameWritable(slot)
        outbox.flush()
        #expect(slow.bytes.count == 4 * 60_004)
        outbox.drop(slot)
        #expect(slow.texts.map(\.utf8.count) == [60_000, 60_000, 60_000, 60_000])
    }

    @Test func `everything of an iteration is one write per connection`() {
        let (a, b) = (Recorder(), Recorder())
        let (slotA, slotB) = (outbox.open(a), outbox.open(b))
        append("1", to: slotA, slotB)
        append("2", to: slotA, slotB)
        append("3", to: slotA, slotB)
        #expect(outbox.waitingBytes(for: slotA) == 9)
        outbox.flush()
        #expect(a.texts == ["1", "2", "3"])
        #expect(b.texts == a.texts)
        #expect(a.writes == 1)
        #expect(outbox.writtenBytes == 18)
        outbox.flush()
        #expect(a.writes == 1)
    }

    @Test func `frames of several channels keep their order, still in one write`() {
        let (a, b) = (Recorder(), Recorder())
        let (slotA, slotB) = (outbox.open(a), outbox.open(b))
        append("a1", to: slotA)
        append("b1", to: slotB)
        append("both", to: slotA, slotB)
        append("b2", to: slotB)
        append("a2", to: slotA)
        outbox.flush()
        #expect(a.texts == ["a1", "both", "a2"])
        #expect(b.texts == ["b1", "both", "b2"])
        #expect(a.writes == 1)
        #expect(outbox.queuedBytes == 0)
    }

    @Test func `what a choked connection can't take waits and comes first`() {
        let slow = Recorder()
        slow.capacity = 0
        let slot = outbox.open(slow)
        append("1", to: slot)
        outbox.flush()
        append("2", to: slot)
        outbox.flush()
        #expect(outbox.queuedBytes == 6)
        slow.capacity = .max
        append("3", to: slot)
        outbox.becameWritable(slot)
        outbox.flush()
        #expect(slow.texts == ["1", "2", "3"])
        #expect(outbox.queuedBytes == 0)
    }

    @Test func `a connection that takes writes again gets the rest without new frames`() {
        let slow = Recorder()
        slow.capacity = 0
        let slot = outbox.open(slow)
        append("1", to: slot)
        outbox.flush()
        slow.capacity = .max
        outbox.becameWritable(slot)
        outbox.flush()
        #expect(slow.texts == ["1"])
    }

    @Test func `a queue over its limit is dropped and reported once`() {
        let slow = Recorder()
        slow.capacity = 0
        let slot = outbox.open(slow)
        var reported: [Outbox.Slot] = []
        outbox.onOverflow = { reported.append($0) }
        for _ in 0..<9 {
            append(String(repeating: "x", count: 100), to: slot)
            outbox.flush()
        }
        #expect(reported.isEmpty)
        append(String(repeating: "x", count: 100), to: slot)
        outbox.flush()
        #expect(reported == [slot])
        #expect(outbox.queuedBytes == 0)
    }

    @Test func `a burst over the limit is no overflow for a fast connection`() {
        let fast = Recorder()
        let slot = outbox.open(fast)
        outbox.onOverflow = { _ in Issue.record("overflow") }
        for _ in 0..<5_000 { append(String(repeating: "x", count: 100), to: slot) }
        outbox.flush()
        #expect(fast.bytes.count == 510_000)
        #expect(fast.writes == 4)
    }

    @Test func `a closed slot's bytes don't reach its next owner`() {
        let first = Recorder()
        let slot = outbox.open(first)
        append("secret", to: slot)
        outbox.close(slot)
        let second = Recorder()
        #expect(outbox.open(second) == slot)
        append("own", to: slot)
        outbox.flush()
        #expect(first.bytes.isEmpty)
        #expect(second.texts == ["own"])
    }

    @Test func `a connection that has closed gets nothing and keeps nothing`() {
        let gone = Recorder()
        let slot = outbox.open(gone)
        gone.isOpen = false
        append("1", to: slot)
        outbox.flush()
        #expect(outbox.queuedBytes == 0)
        #expect(outbox.waitingBytes(for: slot) == 0)
    }
}
