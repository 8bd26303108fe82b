import Realtime
import Testing
import TestSupport

@Suite struct `Limits` {
    @Test func `a bucket admits its burst, then its rate`() {
        var bucket = TokenBucket(rate: 50, burst: 100)
        let start = Duration.seconds(1_000)
        #expect(admitted(of: 120, by: &bucket, at: start) == 100)
        #expect(bucket.wait(at: start) == .milliseconds(20))
        #expect(admitted(of: 1, by: &bucket, at: start + .milliseconds(19)) == 0)
        #expect(admitted(of: 9, by: &bucket, at: start + .milliseconds(20)) == 1)
        #expect(admitted(of: 120, by: &bucket, at: start + .milliseconds(520)) == 25)
        #expect(admitted(of: 200, by: &bucket, at: start + .seconds(60)) == 100)
    }

    @Test func `every connection is pinged once an interval, spread over the slots`() {
        var schedule = HeartbeatSchedule(interval: .seconds(16), timeout: .seconds(30))
        #expect(schedule.slotDuration == .seconds(1))
        var pings: [UInt64: Int] = [:]
        for _ in 0..<16 {
            let slot = (0..<160).filter {
                schedule.verdict(for: $0, heardAt: .zero, at: .seconds(1)) == .ping
            }
            #expect(slot.count == 10)
            for connection in slot { pings[connection, default: 0] += 1 }
            schedule.advance()
        }
        #expect(pings.count == 160 && pings.values.allSatisfy { $0 == 1 })
    }

    @Test func `silence for the whole time-out closes, in any slot`() {
        var schedule = HeartbeatSchedule(interval: .seconds(15), timeout: .seconds(30))
        for _ in 0..<16 {
            #expect(schedule.verdict(for: 3, heardAt: .seconds(5), at: .seconds(35)) == .close)
            #expect(schedule.verdict(for: 3, heardAt: .seconds(6), at: .seconds(35)) != .close)
            schedule.advance()
        }
    }

    @Test(arguments: seeds) func `a back-off doubles to its cap and keeps its jitter`(
        _ seed: UInt64
    ) {
        var random = SplitMix64(seed: seed)
        var backoff = Backoff(first: .milliseconds(100), maximum: .seconds(10))
        var bounds: [Duration] = []
        var waits: Set<Duration> = []
        for _ in 0..<100 {
            bounds.append(backoff.ceiling)
            let wait = backoff.next(using: &random)
            #expect(wait >= .zero && wait <= bounds[bounds.count - 1])
            waits.insert(wait)
        }
        #expect(bounds[0...2] == [.milliseconds(100), .milliseconds(200), .milliseconds(400)])
        #expect(bounds.last == .seconds(10))
        #expect(waits.count > 80, "At the cap it waits a different time each time.")
        backoff.reset()
        #expect(backoff.ceiling == .milliseconds(100))
    }

    private func admitted(
        of count: Int, by bucket: inout TokenBucket, at moment: Duration
    ) -> Int {
        var admitted = 0
        for _ in 0..<count where bucket.take(at: moment) { admitted += 1 }
        return admitted
    }
}
