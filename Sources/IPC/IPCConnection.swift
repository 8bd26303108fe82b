import EventLoop
import Glibc
import Protocol
import System

/// One end of an IPC connection on an event loop: envelopes in, envelopes out.
///
/// What is sent waits in a queue until ``flush()``, which the owner calls at the end of an
/// iteration, so that everything of one iteration leaves in one write. The queue is bounded: a peer
/// that lets it pass the limit is closed (``IPCEnd/queueOverflow(bytes:maximum:)``), because
/// nothing in an ordered stream can be left out, and a reconnect resumes at less cost than memory.
public final class IPCConnection {
    /// Complete messages, in order, on the loop thread.
    ///
    /// May close the connection.
    public var onMessage: ((Envelope) -> Void)?
    /// The end, exactly once; nothing is delivered after it.
    public var onEnd: ((IPCEnd) -> Void)?

    public private(set) var isOpen = true
    /// Bytes that wait for the peer.
    public var queuedBytes: Int { queue.count - sent }

    /// The process at the other end as the kernel tells it, for a connection that was accepted.
    public internal(set) var peerProcess: pid_t?

    private let descriptor: Int32
    private let maximumQueueBytes: Int
    private var watcher: DescriptorWatcher?
    /// The longest message that is taken from the peer.
    var maximumMessageBytes: Int {
        get { parser.maximumBytes }
        set { parser.maximumBytes = newValue }
    }

    private var parser = EnvelopeParser()
    private var queue: [UInt8] = []
    private var sent = 0

    /// 256 KiB a read: one peer cannot hold an iteration for long.
    private static let readBytes = 256 * 1024

    /// Takes over an open, non-blocking descriptor and closes it at the end.
    public init(loop: EventLoop, descriptor: Int32, maximumQueueBytes: Int) {
        self.descriptor = descriptor
        self.maximumQueueBytes = maximumQueueBytes
        watcher = loop.watch(descriptor, .read) { [weak self] interest in
            if interest.contains(.write) { self?.flush() }
            if interest.contains(.read) { self?.readReady() }
        }
    }

    deinit {
        if isOpen { Glibc.close(descriptor) }
    }

    /// Queues a message.
    ///
    /// After the end it is dropped: its receiver is gone, and whoever counts on an answer hears of
    /// the end.
    ///
    /// - Returns: false where the message is over the limit of any message, and was not queued.
    @discardableResult
    public func send(_ envelope: Envelope) -> Bool {
        guard let bytes = envelope.encoded() else { return false }
        send(encoded: bytes)
        return true
    }

    /// The same for a message that was encoded once for several peers.
    public func send(encoded bytes: [UInt8]) {
        guard isOpen else { return }
        queue.append(contentsOf: bytes)
        if queuedBytes > maximumQueueBytes { flush() }
        if isOpen, queuedBytes > maximumQueueBytes {
            end(.queueOverflow(bytes: queuedBytes, maximum: maximumQueueBytes))
        }
    }

    /// Writes what the socket takes; the rest goes when it is writable again.
    public func flush() {
        while isOpen, queuedBytes > 0 {
            let written = unsafe queue.withUnsafeBytes { bytes in
                let rest = unsafe UnsafeRawBufferPointer(rebasing: bytes[sent...])
                return unsafe Glibc.send(
                    descriptor, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL))
            }
            if written >= 0 {
                sent += written
            } else if errno == EAGAIN {
                break
            } else if errno != EINTR {
                return end(.writeFailed(.last))
            }
        }
        guard isOpen else { return }
        dropSentBytes()
        watcher?.interest = queuedBytes > 0 ? [.read, .write] : .read
    }

    /// Ends the connection from this side.
    ///
    /// What is queued is tried once.
    public func close(_ reason: IPCEnd = .closedHere) {
        guard isOpen else { return }
        if reason == .closedHere { flush() }
        end(reason)
    }

    /// Frees the queue when all is sent, and moves the rest only once half of it is gone.
    private func dropSentBytes() {
        if sent == queue.count {
            queue.removeAll(keepingCapacity: queue.capacity <= Self.readBytes)
            sent = 0
        } else if sent > queue.count / 2 {
            queue.removeSubrange(..<sent)
            sent = 0
        }
    }

    private func readReady() {
        guard isOpen else { return }
        let count = unsafe withUnsafeTemporaryAllocation(
            byteCount: Self.readBytes, alignment: 16
        ) { buffer in
            let count = unsafe recv(descriptor, buffer.baseAddress, buffer.count, 0)
            if count > 0 {
                unsafe parser.append(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            }
            return count
        }
        if count > 0 {
            deliver()
        } else if count == 0 {
            end(.closedByPeer)
        } else if errno != EAGAIN && errno != EINTR {
            end(errno == ECONNRESET ? .closedByPeer : .readFailed(.last))
        }
    }

    private func deliver() {
        do throws(WireError) {
            while isOpen, let envelope = try parser.next() { onMessage?(envelope) }
        } catch {
            end(.malformed(error))
        }
    }

    private func end(_ reason: IPCEnd) {
        guard isOpen else { return }
        isOpen = false
        watcher?.cancel()
        watcher = nil
        Glibc.close(descriptor)
        queue = []
        sent = 0
        let tell = onEnd
        onMessage = nil
        onEnd = nil
        tell?(reason)
    }
}
