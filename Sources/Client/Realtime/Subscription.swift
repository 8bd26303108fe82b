/// The messages of one channel, for one consumer.
///
/// Ends with ``cancel()``, when its channel is left as a whole or its client is gone, and where the
/// consuming task is cancelled; a lost connection does not end it, nor `disconnect`. Releasing the
/// last copy leaves the channel with its next message.
public struct Subscription: AsyncSequence, Sendable {
    public typealias Element = ChannelMessage
    public typealias Failure = Never

    let client: RealtimeClient
    let listener: RealtimeClient.Listener
    private let buffer: MessageBuffer
    private let lifetime: Lifetime

    /// Tells the buffer that nobody reads any more.
    private final class Lifetime: Sendable {
        private let buffer: MessageBuffer
        init(_ buffer: MessageBuffer) { self.buffer = buffer }
        deinit { buffer.finish() }
    }

    init(client: RealtimeClient, listener: RealtimeClient.Listener, buffer: MessageBuffer) {
        self.client = client
        self.listener = listener
        self.buffer = buffer
        lifetime = Lifetime(buffer)
    }

    /// Leaves the channel, unless another handler listens to it.
    public func cancel() async { await client.dispose(listener) }

    public func makeAsyncIterator() -> Iterator { Iterator(subscription: self) }

    public struct Iterator: AsyncIteratorProtocol {
        let subscription: Subscription

        public mutating func next() async -> ChannelMessage? {
            await next(isolation: nil)
        }

        public mutating func next(
            isolation actor: isolated (any Actor)?
        ) async -> ChannelMessage? {
            while true {
                switch await subscription.buffer.next() {
                case .message(let message): return message
                case .drained: await subscription.client.resume(subscription.listener)
                case .end: return nil
                }
            }
        }
    }
}
