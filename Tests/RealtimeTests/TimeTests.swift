import Realtime
import Testing
import TestSupport

@Suite struct `Time` {
    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"), (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (1_795_215_490_007, "2026-11-20T22:58:10.007Z"), (-1, "1969-12-31T23:59:59.999Z"),
            (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
            (-2_203_891_200_000, "1900-03-01T00:00:00.000Z"),
        ] as [(Int64, String)])
    func `a timestamp and its ISO 8601 text say the same`(_ milliseconds: Int64, _ text: String) {
        #expect(Timestamp(milliseconds: milliseconds).description == text)
        #expect(Timestamp(parsing: text)?.milliseconds == milliseconds)
    }

    @Test(arguments: seeds) func `every day survives the calendar`(_ seed: UInt64) {
        var random = SplitMix64(seed: seed)
        for _ in 0..<500 {
            let moment = Timestamp(
                milliseconds: .random(in: -62_135_596_800_000...253_402_300_799_999, using: &random)
            )
            #expect(Timestamp(parsing: moment.description) == moment)
        }
    }

    @Test func `other writings of the same moment are read`() {
        let moment = Timestamp(milliseconds: 1_000_000_000_120)
        for text in [
            "2001-09-09T01:46:40.12Z", "2001-09-09T03:46:40.120456+02:00",
            "2001-09-08t20:46:40.120-05:00",
        ] {
            #expect(Timestamp(parsing: text) == moment)
        }
    }

    @Test(arguments: [
        "", "2026", "2026-11-20", "2026-11-20T22:58:10", "2026-02-29T00:00:00Z",
        "2026-13-01T00:00:00Z", "2026-11-20T24:00:00Z", "2026-11-20T22:58:10.Z",
        "2026-11-20T22:58:10Z ", "20261120T225810Z", "2026-11-20T22:58:10+2:00",
        "+026-11-20T22:58:10Z",
    ])
    func `what is no moment is refused`(_ text: String) {
        #expect(Timestamp(parsing: text) == nil)
    }

    @Test func `arithmetic stops at the ends of time`() {
        let last = Timestamp(milliseconds: .max)
        #expect(last + .seconds(1) == last)
        #expect(Timestamp(milliseconds: 5) + .milliseconds(3) == Timestamp(milliseconds: 8))
        #expect(Timestamp(milliseconds: 5) - Timestamp(milliseconds: 8) == .milliseconds(-3))
        #expect(Duration.seconds(Int64.max).wholeMilliseconds == .max)
    }

    @Test func `deadlines come out by moment, then in the order of scheduling`() {
        var queue = DeadlineQueue<String, Int>()
        for (key, moment) in [("c", 3), ("a", 1), ("b2", 2), ("b1", 2), ("late", 9)] {
            queue.schedule(key, at: moment)
        }
        queue.schedule("late", at: 0)
        queue.cancel("b2")
        queue.cancel("unknown")
        queue.schedule("b2", at: 2)
        #expect(queue.next == 0)
        #expect(queue.popDue(at: 2) == ["late", "a", "b1", "b2"])
        #expect(queue.next == 3)
        #expect(queue.count == 1)
    }
}
