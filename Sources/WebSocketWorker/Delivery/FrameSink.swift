import WebSockets

/// Where the frames of one connection go: its socket, or a recorder in tests and benchmarks.
package protocol FrameSink: AnyObject {
    var isOpen: Bool { get }
    /// Whether nothing can be written until it says that it is writable again.
    var isChoked: Bool { get }
    /// Takes all of the frames, or nothing and returns 0.
    func write(_ frames: Span<UInt8>) -> Int
}

extension WebSocketConnection: FrameSink {}
