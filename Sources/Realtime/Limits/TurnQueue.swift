/// Work that waits in one line a key: turns go round over the keys, so that before one key's next
/// piece every other key that waits has had one.
///
/// Bounded for each key and for all together; what is over is refused, and nothing is pushed out but
/// by ``makeRoom(for:)``.
public struct TurnQueue<Key: Hashable, Element> {
    /// How much may wait.
    public struct Limits: Sendable, Equatable {
        public var maximumPerKey: Int
        public var maximumTotal: Int

        /// Both positive.
        public init(maximumPerKey: Int, maximumTotal: Int) {
            precondition(maximumPerKey > 0 && maximumTotal > 0)
            self.maximumPerKey = maximumPerKey
            self.maximumTotal = maximumTotal
        }
    }

    /// Why something was not taken.
    public enum Refusal: Sendable, Equatable {
        /// This key has as much waiting as it may; others are taken.
        case keyIsFull
        /// Nothing of anybody is taken.
        case isFull
    }

    private var lines: [Key: [Element]] = [:]
    /// Every key with something waiting, once, the next one first.
    private var turns: [Key] = []

    /// How much waits.
    public private(set) var count = 0

    /// Nothing waits.
    public init() {}

    public var isEmpty: Bool { count == 0 }

    /// How much of one key waits.
    public func count(of key: Key) -> Int { lines[key]?.count ?? 0 }

    /// Puts a piece at the end of its key's line; nil when it was taken.
    public mutating func append(
        _ element: Element, for key: Key, _ limits: Limits
    ) -> Refusal? {
        guard count(of: key) < limits.maximumPerKey else { return .keyIsFull }
        guard count < limits.maximumTotal else { return .isFull }
        if lines[key] == nil { turns.append(key) }
        lines[key, default: []].append(element)
        count += 1
        return nil
    }

    /// Takes the last piece out of the longest line, as long as that is longer than this key's would
    /// be with one more; nil where nobody has to give way.
    ///
    /// Linear in the keys that wait.
    public mutating func makeRoom(for key: Key) -> Element? {
        guard let longest = turns.max(by: { count(of: $0) < count(of: $1) }),
            count(of: longest) > count(of: key) + 1
        else { return nil }
        count -= 1
        return lines[longest]?.removeLast()
    }

    /// The oldest piece of the key whose turn it is, whose next turn comes after everybody's.
    ///
    /// Costs a move of the keys that wait and of the key's line, both of which are short.
    public mutating func popFirst() -> Element? {
        guard let key = turns.first, var line = lines.removeValue(forKey: key) else { return nil }
        turns.removeFirst()
        count -= 1
        let element = line.removeFirst()
        if !line.isEmpty {
            lines[key] = line
            turns.append(key)
        }
        return element
    }
}
