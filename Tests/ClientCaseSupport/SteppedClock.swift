import Client
import JSON
import Synchronization

/// A client's time that moves by the test's word alone.
///
/// Who steps it calls the client's `tick` too: nobody who sleeps is woken.
public final class SteppedClock: RealtimeClock {
    private let time = Mutex(Duration.zero)

    public init() {}

    public var now: Duration { time.withLock { $0 } }

    public func step(to time: Duration) { self.time.withLock { $0 = max($0, time) } }

    public func sleep(until time: Duration) async throws {
        while true { try await Task.sleep(for: .seconds(3_600)) }
    }
}

/// The numbers of a case's `random`, gone through again and again.
public final class SteppedRandom: Sendable {
    private let numbers: [Double]
    private let place = Mutex(0)

    /// A number, a list of them, or nothing, which is 0.5.
    public init(_ value: JSONValue?) {
        let list = value?.arrayValue ?? value.map { [$0] } ?? []
        let numbers = list.compactMap(\.doubleValue)
        self.numbers = numbers.isEmpty ? [0.5] : numbers
    }

    public func next() -> Double {
        place.withLock { place in
            defer { place += 1 }
            return numbers[place % numbers.count]
        }
    }
}
