import WebSockets

/// Frames that wait for one slow client.
///
/// First in, first out; the owner bounds it. Taking bytes out moves nothing until half is gone.
package struct OutboundQueue {
    private var bytes: [UInt8] = []
    private var head = 0

    package init() {}

    package var count: Int { bytes.count - head }
    package var isEmpty: Bool { count == 0 }

    package mutating func append(_ frames: Span<UInt8>) {
        unsafe frames.withUnsafeBufferPointer { unsafe bytes.append(contentsOf: $0) }
    }

    /// Calls `body` with the oldest whole frames, `maximum` bytes or one frame, and drops as many
    /// bytes as it took.
    package mutating func consume(upTo maximum: Int, _ body: (Span<UInt8>) -> Int) -> Int {
        let taken = takeFrames(upTo: maximum, body)
        head += taken
        if head == bytes.count {
            removeAll()
        } else if head > bytes.count / 2 {
            bytes.removeSubrange(..<head)
            head = 0
        }
        return taken
    }

    private func takeFrames(upTo maximum: Int, _ body: (Span<UInt8>) -> Int) -> Int {
        let waiting = bytes.span.extracting(droppingFirst: head)
        return body(waiting.extracting(first: Frame.wholeFrames(in: waiting, upTo: maximum)))
    }

    /// Frees the memory too: most connections are fast, and need none.
    package mutating func removeAll() {
        bytes = []
        head = 0
    }
}
