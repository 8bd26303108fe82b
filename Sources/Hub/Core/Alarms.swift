import Realtime

/// The hub's timers, as data: one moment per name, on the loop's monotonic clock.
///
/// The loop keeps one timer at ``next``; when it fires, what is due runs as a command of that
/// iteration, in its transaction. Tests move the clock instead.
package final class Alarms {
    /// What waits for a moment.
    package enum Name: String, Sendable, CaseIterable {
        /// Buffered text deltas have to leave.
        case deltaBatches
        /// Permission requests run out of time.
        case permissionDeadlines
        /// Leases of runs lapse.
        case leases
        /// Credentials that expired long ago are forgotten.
        case prune
        /// Channels that nobody uses leave the memory.
        case evict
        /// A database that took no writes is tried again.
        case storage
    }

    private var queue = DeadlineQueue<Name, Duration>()
    private var handlers: [Name: (Iteration) throws -> Void] = [:]

    package init() {}

    /// The earliest moment; nil when nothing waits.
    package var next: Duration? { queue.next }

    /// What to do when the alarm goes off; it is not repeated by itself.
    package func on(_ name: Name, _ handler: @escaping (Iteration) throws -> Void) {
        precondition(handlers[name] == nil, "the alarm \(name) has one handler")
        handlers[name] = handler
    }

    /// Sets, moves or, with nil, cancels an alarm.
    package func set(_ name: Name, at moment: Duration?) {
        if let moment { queue.schedule(name, at: moment) } else { queue.cancel(name) }
    }

    /// Takes out what is due.
    func due(at clock: Duration) -> [(name: Name, handler: (Iteration) throws -> Void)] {
        queue.popDue(at: clock).compactMap { name in handlers[name].map { (name, $0) } }
    }
}
