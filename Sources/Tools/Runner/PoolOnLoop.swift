import EventLoop

/// A pool of threads whose results come back to a loop; confined to the loop's thread.
final class PoolOnLoop {
    private let pool: BlockingPool
    private let mailbox: Mailbox<Envelope>
    private let waiting = Waiting()
    private var lastTicket: UInt64 = 0

    /// A result on its way.
    private struct Envelope: Sendable {
        let ticket: UInt64
        let result: any Sendable
    }

    /// Who gets which result.
    private final class Waiting {
        var receivers: [UInt64: (any Sendable) -> Void] = [:]
    }

    init(_ loop: EventLoop, name: String, threads: Int, maximumQueued: Int) {
        pool = BlockingPool(name: name, threads: threads, maximumQueued: maximumQueued)
        // Room for everything that can be queued and running: a post never fails.
        mailbox = loop.mailbox(capacity: maximumQueued + threads) { [waiting] messages in
            for message in messages {
                waiting.receivers.removeValue(forKey: message.ticket)?(message.result)
            }
        }
    }

    /// Runs `work` on a thread, then `receive` on the loop with its result, never during this call.
    /// - Returns: false when too much is waiting already, and nothing will happen.
    func run<Value: Sendable>(
        _ work: @escaping @Sendable () -> Value, then receive: @escaping (Value) -> Void
    ) -> Bool {
        lastTicket += 1
        let ticket = lastTicket
        // Counts what was not yet received too, so that the mailbox has room.
        guard waiting.receivers.count < pool.maximumQueued else { return false }
        let mailbox = mailbox
        let isTaken = pool.run {
            let result = work()
            // Full can't be, and a closed mailbox means that nobody waits.
            _ = mailbox.post(Envelope(ticket: ticket, result: result))
        }
        guard isTaken else { return false }
        waiting.receivers[ticket] = { result in
            guard let value = result as? Value else {
                preconditionFailure("a ticket's result has the type of its work")
            }
            receive(value)
        }
        return true
    }
}
