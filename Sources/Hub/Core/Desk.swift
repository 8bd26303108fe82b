import Protocol

/// Hands blocking work to a thread and brings its result back as a command of the loop.
///
/// The thread is given as a closure, so that tests run the work at once.
package final class Desk {
    /// Starts work under a number; false when too much is waiting already.
    package typealias Start = (UInt64, @escaping @Sendable () -> any Sendable) -> Bool

    /// A piece has come back, so that there is room for another.
    package var onRoom: (() -> Void)?

    private let start: Start
    private var open: [UInt64: (any Sendable) -> HubTask] = [:]
    private var next: UInt64 = 0

    package init(start: @escaping Start) { self.start = start }

    /// Begins `work` elsewhere; `then` runs as a command of a later iteration.
    ///
    /// - Parameter reply: who is refused with whatever `then` throws.
    /// - Returns: false when the desk has too much to do; then neither runs.
    package func offload<Result: Sendable>(
        _ label: String, reply: Reply?, _ work: @escaping @Sendable () -> Result,
        then: @escaping (Result, Iteration) throws -> Void
    ) -> Bool {
        let number = next
        next += 1
        open[number] = { value in
            HubTask(label, reply: reply) { iteration in
                guard let result = value as? Result else {
                    preconditionFailure("the result of \(label) has another type")
                }
                try then(result, iteration)
            }
        }
        guard start(number, work) else {
            open[number] = nil
            return false
        }
        return true
    }

    /// The result has come: the command to put into the inbox.
    package func finished(_ number: UInt64, _ value: any Sendable) -> HubTask? {
        let task = open.removeValue(forKey: number)?(value)
        onRoom?()
        return task
    }
}

/// The hub's desks.
package struct Desks {
    /// Argon2id: 100 ms and 64 MiB each.
    package let passwords: Desk
    /// The configuration directory.
    package let files: Desk
    /// Reads that are too long for the loop; see ``ReadDesk``.
    package let reads: Desk

    package init(passwords: Desk, files: Desk, reads: Desk) {
        self.passwords = passwords
        self.files = files
        self.reads = reads
    }
}
