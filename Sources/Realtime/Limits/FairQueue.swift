/// A bounded queue of lanes that are served in turn, so that nobody waits behind another's crowd.
///
/// When it is full, a newcomer takes the place of the last one in the longest lane, as long as that
/// lane is longer than the newcomer's own would be. Pure; every step is linear in the lanes.
public struct FairQueue<Element: Sendable>: Sendable {
    /// What became of a newcomer.
    public enum Entry: Sendable {
        case taken
        /// It took the place of this one, which has to be told.
        case inPlaceOf(Element)
        case full
    }

    private let capacity: Int
    private var lanes: [(name: String, waiting: [Element])] = []

    /// How many wait.
    public private(set) var count = 0

    /// - Parameter capacity: how many may wait, in all lanes.
    public init(capacity: Int) {
        self.capacity = capacity
    }

    /// Puts an element at the end of its lane; a new lane is served after those that there are.
    public mutating func add(_ element: Element, to lane: String) -> Entry {
        var displaced: Element?
        if count >= capacity {
            let own = lanes.first { $0.name == lane }?.waiting.count ?? 0
            guard let longest = lanes.indices.max(by: { length($0) < length($1) }),
                length(longest) > own + 1
            else { return .full }
            displaced = lanes[longest].waiting.removeLast()
            count -= 1
        }
        if let index = lanes.firstIndex(where: { $0.name == lane }) {
            lanes[index].waiting.append(element)
        } else {
            lanes.append((lane, [element]))
        }
        count += 1
        return displaced.map { .inPlaceOf($0) } ?? .taken
    }

    /// Takes the first of the lane whose turn it is.
    public mutating func next() -> Element? {
        guard !lanes.isEmpty else { return nil }
        var lane = lanes.removeFirst()
        let element = lane.waiting.removeFirst()
        count -= 1
        if !lane.waiting.isEmpty { lanes.append(lane) }
        return element
    }

    private func length(_ index: Int) -> Int { lanes[index].waiting.count }
}
