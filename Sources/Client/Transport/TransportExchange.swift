import Synchronization
import System

/// Where the two ends of a connection meet, the application's on any thread and the loop's: every
/// field is guarded by the lock.
///
/// The application leaves orders and takes events; the loop is woken at most once for any number of
/// orders, takes them together, and leaves events.
final class TransportExchange: Sendable {
    /// What the application wants, since the loop asked last.
    struct Orders {
        /// At the first time only.
        var request: TransportRequest?
        var texts: [[UInt8]] = []
        var close: (code: UInt16, reason: String)?
        /// Texts waited for the loop in such an amount that it has to give up.
        var isOverfull = false
        /// The queue of events has room again.
        var resumesReading = false
    }

    fileprivate struct State {
        var orders: Orders
        var orderedBytes = 0
        var isWoken = false
        var events = EventQueue()
        var waiter: (@Sendable (TransportEvent?) -> Void)?
        var ownClose: (code: UInt16, reason: String)?
        var isOpen = false
        var isPaused = false
        /// The last event is in the queue, or nobody is there to take it.
        var isOver = false
    }

    private let state: Mutex<State>
    private let wake: @Sendable (TransportExchange) -> Void

    /// - Parameter wake: has ``takeOrders()`` called on the loop.
    init(_ request: TransportRequest, _ wake: @escaping @Sendable (TransportExchange) -> Void) {
        state = Mutex(State(orders: Orders(request: request), isWoken: true))
        self.wake = wake
    }

    // MARK: The application's end

    func next() async -> TransportEvent? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                take { continuation.resume(returning: $0) }
            }
        } onCancel: {
            abandon()
        }
    }

    /// The same for a thread that blocks.
    /// - Returns: nil when nothing came within `limit`, and after the end.
    func next(within limit: Duration) -> TransportEvent? {
        let arrival = Arrival()
        take { arrival.hand($0) }
        if !arrival.ready.wait(atMost: limit), state.withLock({ $0.waiter.take() }) == nil {
            // It was taken for this waiter just now.
            arrival.ready.wait()
        }
        return arrival.event.withLock { $0 }
    }

    /// Calls `waiter` once: now, or when something comes.
    private func take(_ waiter: @escaping @Sendable (TransportEvent?) -> Void) {
        let event: TransportEvent?? = state.withLock { state in
            if let event = state.takeEvent() { return .some(event) }
            if state.isOver { return .some(nil) }
            precondition(state.waiter == nil, "a connection has one reader at a time")
            state.waiter = waiter
            return nil
        }
        if let event { waiter(event) }
        wakeIfNeeded { $0.orders.resumesReading }
    }

    func send(_ text: [UInt8]) {
        wakeIfNeeded { state in
            guard state.isOpen, state.ownClose == nil, !state.isOver else { return false }
            state.orderedBytes += text.count
            if state.orderedBytes > TransportLimits.maximumOutboundQueueBytes {
                state.orders.isOverfull = true
            } else {
                state.orders.texts.append(text)
            }
            return true
        }
    }

    func close(code: UInt16, reason: String) {
        wakeIfNeeded { state in
            guard state.ownClose == nil, !state.isOver else { return false }
            state.ownClose = (code, reason)
            state.orders.close = (code, reason)
            state.events.removeAll()
            return true
        }
    }

    func abandon() {
        let waiter = state.withLock { $0.waiter.take() }
        waiter?(nil)
        wakeIfNeeded { state in
            let needsLoop = !state.isOver
            state.isOver = true
            state.events.removeAll()
            if state.ownClose == nil { state.orders.close = (1001, "") }
            return needsLoop
        }
    }

    private func wakeIfNeeded(_ change: (inout sending State) -> Bool) {
        let isNeeded = state.withLock { state in
            guard change(&state), !state.isWoken else { return false }
            state.isWoken = true
            return true
        }
        if isNeeded { wake(self) }
    }

    // MARK: The loop's end

    func takeOrders() -> Orders {
        state.withLock { state in
            let orders = state.orders
            state.orders = Orders()
            state.orderedBytes = 0
            state.isWoken = false
            return orders
        }
    }

    /// - Returns: whether to read on.
    func deliver(_ event: TransportEvent) -> Bool {
        let (waiter, readsOn) = state.withLock { state in
            guard !state.isOver, let event = state.asAsked(event) else {
                return ((@Sendable (TransportEvent?) -> Void)?.none, true)
            }
            switch event {
            case .opened: state.isOpen = true
            case .closed, .failed: state.isOver = true
            case .text: break
            }
            if let waiter = state.waiter.take() { return (waiter, true) }
            state.events.append(event)
            state.isPaused = state.events.bytes > TransportLimits.maximumInboundQueueBytes
            return (nil, !state.isPaused)
        }
        waiter?(event)
        return readsOn
    }
}

/// What a blocked thread waits for.
private final class Arrival: Sendable {
    let event = Mutex<TransportEvent?>(nil)
    let ready = Semaphore()

    func hand(_ event: TransportEvent?) {
        self.event.withLock { $0 = event }
        ready.signal()
    }
}

extension TransportExchange.State {
    /// After the application's close there is only one event left.
    fileprivate func asAsked(_ event: TransportEvent) -> TransportEvent? {
        guard let ownClose else { return event }
        switch event {
        case .opened, .text: return nil
        case .failed: return .closed(code: ownClose.code, reason: ownClose.reason)
        case .closed: return event
        }
    }

    fileprivate mutating func takeEvent() -> TransportEvent? {
        let event = events.popFirst()
        if isPaused, events.bytes <= TransportLimits.maximumInboundQueueBytes / 2 {
            isPaused = false
            orders.resumesReading = true
        }
        return event
    }
}
