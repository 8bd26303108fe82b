import Synchronization

/// Messages between a client and the one consumer of a subscription.
final class MessageBuffer: Sendable {
    /// What became of a message.
    enum Receipt {
        case taken
        /// Taken, and there is no place for another.
        case full
        /// Nobody will read it.
        case abandoned
    }

    /// What the consumer gets to do.
    enum Turn {
        case message(ChannelMessage)
        /// Everything is read, and nothing comes before the channel is joined again.
        case drained
        case end
    }

    fileprivate struct State {
        var messages: [ChannelMessage] = []
        /// The first one that was not read.
        var head = 0
        var isPaused = false
        var isFinished = false
        var waiter: CheckedContinuation<Turn, Never>?
    }

    private let maximum: Int
    private let state = Mutex(State())

    init(maximum: Int) {
        precondition(maximum > 0, "a buffer holds at least one message")
        self.maximum = maximum
    }

    func offer(_ message: ChannelMessage) -> Receipt {
        state.withLock { state in
            guard !state.isFinished else { return .abandoned }
            if let waiter = state.waiter {
                state.waiter = nil
                waiter.resume(returning: .message(message))
                return .taken
            }
            state.messages.append(message)
            guard state.messages.count - state.head >= maximum else { return .taken }
            state.isPaused = true
            return .full
        }
    }

    /// Ends the sequence behind what it holds.
    func finish() {
        let waiter = state.withLock { state in
            state.isFinished = true
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume(returning: .end)
    }

    /// Waits for the next message; ``Turn/end`` where the task is cancelled.
    func next() async -> Turn {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                if let turn = state.withLock({ $0.turn(or: continuation) }) {
                    continuation.resume(returning: turn)
                }
            }
        } onCancel: {
            finish()
        }
    }
}

extension MessageBuffer.State {
    /// Nil where the consumer has to wait.
    fileprivate mutating func turn(
        or continuation: CheckedContinuation<MessageBuffer.Turn, Never>
    ) -> MessageBuffer.Turn? {
        precondition(waiter == nil, "a subscription is for one consumer")
        if head < messages.count {
            defer { advance() }
            return .message(messages[head])
        }
        if isFinished { return .end }
        if isPaused {
            isPaused = false
            return .drained
        }
        waiter = continuation
        return nil
    }

    /// Drops what was read, a whole buffer at a time.
    private mutating func advance() {
        head += 1
        guard head == messages.count else { return }
        messages.removeAll(keepingCapacity: true)
        head = 0
    }
}
