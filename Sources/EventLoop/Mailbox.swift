import Synchronization

extension EventLoop {
    /// A way for other threads to hand values to this loop, at most `capacity` of them unread.
    ///
    /// `receive` gets everything posted since its last call, in order, on the loop's thread. It is
    /// released when the mailbox is closed, or its last reference elsewhere is released.
    public func mailbox<Message: Sendable>(
        capacity: Int, _ receive: @escaping ([Message]) -> Void
    ) -> Mailbox<Message> {
        precondition(capacity > 0, "a mailbox must have room for a message")
        let queue = MailboxQueue<Message>(capacity: capacity)
        // The loop keeps the wake-up until the mailbox is closed.
        let wakeUp = WakeUp(self) { wakeUp in
            let (messages, isClosed) = queue.drain()
            if isClosed { wakeUp.cancel() }
            if !messages.isEmpty { receive(messages) }
        } cancelled: {
            queue.detach()
        }
        queue.attach(wakeUp.sender)
        return Mailbox(queue)
    }
}

/// The sending side of a queue to a loop; see ``EventLoop/mailbox(capacity:_:)``.
public final class Mailbox<Message: Sendable>: Sendable {
    private let queue: MailboxQueue<Message>

    fileprivate init(_ queue: MailboxQueue<Message>) { self.queue = queue }

    deinit { queue.close() }

    /// Hands `message` to the loop; from any thread.
    /// - Returns: false when the mailbox is full or closed, and the message was not taken.
    public func post(_ message: Message) -> Bool { queue.append(message) }

    /// Refuses further messages; those taken are still delivered.
    ///
    /// From any thread.
    public func close() { queue.close() }
}

/// Where the two sides meet: every field is guarded by the lock.
private final class MailboxQueue<Message: Sendable>: Sendable {
    private struct State {
        var messages: [Message] = []
        var isClosed = false
        /// Taken out before the loop's side goes away.
        var sender: WakeUp.Sender?
    }

    private let state = Mutex(State())
    private let capacity: Int

    init(capacity: Int) { self.capacity = capacity }

    func attach(_ sender: WakeUp.Sender) { state.withLock { $0.sender = sender } }

    func detach() {
        state.withLock {
            $0.isClosed = true
            $0.sender = nil
        }
    }

    func append(_ message: Message) -> Bool {
        state.withLock {
            guard !$0.isClosed, $0.messages.count < capacity else { return false }
            $0.messages.append(message)
            if $0.messages.count == 1 { $0.sender?.send() }
            return true
        }
    }

    func close() {
        state.withLock {
            $0.isClosed = true
            $0.sender?.send()
        }
    }

    func drain() -> (messages: [Message], isClosed: Bool) {
        state.withLock { state in
            defer { state.messages = [] }
            return (state.messages, state.isClosed)
        }
    }
}
