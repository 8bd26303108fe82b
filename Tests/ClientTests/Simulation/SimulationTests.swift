import Glibc
import Testing

/// Random histories of drops, delays, duplicates, omissions, restarts, silence and close codes.
///
/// Each handler is told every publication once and in order, or that there is a gap; each permission
/// answer and each ping settles once. A million of them, with another seed each time:
///
///     CLIENT_HISTORIES=1000000 swift test -c release --filter SimulationTests
///
/// and one of them again, with all that happens in it: `CLIENT_SEED=<its seed> CLIENT_HISTORIES=1`.
@Suite struct SimulationTests {
    @Test func `every handler sees every publication once and in order or is told of the gap`()
        async throws
    {
        let count = Self.number("CLIENT_HISTORIES") ?? 20_000
        let seed = Self.number("CLIENT_SEED") ?? UInt64.random(in: 0...UInt64.max >> 1)
        print("realtime client: \(count) histories from seed \(seed)")
        let begin = ContinuousClock.now
        let tally = try await withThrowingTaskGroup(of: SimulatedWorld.Tally.self) { group in
            let lanes: UInt64 = min(count, 4)
            for lane in 0..<lanes {
                group.addTask {
                    var tally = SimulatedWorld.Tally()
                    for index in stride(from: lane, to: count, by: Int(lanes)) {
                        tally += try SimulatedWorld(seed: seed &+ index, isTraced: count == 1).run()
                    }
                    return tally
                }
            }
            return try await group.reduce(into: SimulatedWorld.Tally()) { $0 += $1 }
        }
        print("realtime client: \(tally) in \(ContinuousClock.now - begin)")
        // Histories in which nothing happens would prove nothing.
        guard count >= 1_000 else { return }
        #expect(tally.publications > Int(count) * 4)
        #expect(tally.gaps > Int(count) / 20)
        #expect(tally.connections > Int(count) * 3)
        #expect(tally.answers > Int(count))
    }

    private static func number(_ variable: String) -> UInt64? {
        unsafe getenv(variable).flatMap { unsafe UInt64(String(cString: $0)) }
    }
}
