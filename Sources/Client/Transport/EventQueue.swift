/// Events on their way to the application: first in, first out, each in constant time.
struct EventQueue {
    private(set) var bytes = 0
    private var events: [TransportEvent?] = []
    private var head = 0

    mutating func append(_ event: TransportEvent) {
        events.append(event)
        bytes += event.bytes
    }

    mutating func popFirst() -> TransportEvent? {
        guard head < events.count, let event = events[head] else { return nil }
        events[head] = nil
        head += 1
        bytes -= event.bytes
        if head * 2 > events.count {
            events.removeFirst(head)
            head = 0
        }
        return event
    }

    mutating func removeAll() { self = EventQueue() }
}

extension TransportEvent {
    /// With what a queue's entry costs, so that many small ones are bounded too.
    fileprivate var bytes: Int {
        if case .text(let text) = self { text.count + 64 } else { 64 }
    }
}
