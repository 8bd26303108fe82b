/// Who holds how many of a fixed number of places.
///
/// As long as more than an eighth is free everybody takes as many as there are. What is left then is
/// for keys that hold less than their share: the places by the number of keys that wanted one lately. So a key that
/// is alone has all of them, and one that comes new has its share as soon as a place is free.
public struct FairShares<Key: Hashable & Sendable>: Sendable {
    private let places: Int
    private let memory: Duration
    private var held: [Key: Int] = [:]
    private var wanted: [Key: Duration] = [:]

    /// Places that are held.
    public private(set) var total = 0

    /// - Parameters:
    ///   - places: positive.
    ///   - memory: how long a key counts after it wanted a place.
    public init(places: Int, memory: Duration = .seconds(10)) {
        precondition(places > 0)
        self.places = places
        self.memory = memory
    }

    /// Takes a place for a key; false where it holds its share of places that are scarce.
    ///
    /// Costs a look at every key of the last moments.
    public mutating func take(for key: Key, at now: Duration) -> Bool {
        wanted[key] = now
        wanted = wanted.filter { held[$0.key] != nil || now - $0.value <= memory }
        let own = held[key, default: 0]
        let share = max(1, places / wanted.count)
        guard own < share || total < places - places / 8 else { return false }
        held[key] = own + 1
        total += 1
        return true
    }

    /// Gives a place back that was taken for the key.
    public mutating func give(backFrom key: Key) {
        guard let own = held[key] else { return }
        held[key] = own > 1 ? own - 1 : nil
        total -= 1
    }
}
