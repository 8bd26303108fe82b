import WebSockets

/// What goes to clients in one iteration of the loop: every frame is framed once and written once.
///
/// Frames are appended to one log, and each receiver notes which part of it is its own; at the end
/// of the iteration ``flush()`` gives each connection everything that it has pending in one write,
/// straight from the log. Only what a socket does not take, and parts of the log that are not one
/// piece, are copied into a queue of the connection's own. Confined to the loop's thread.
///
/// The inner loop of a delivery touches one small struct per receiver: no object, no retain, no copy.
package final class Outbox {
    /// A connection's place here, from ``open(_:)`` to ``close(_:)``.
    package typealias Slot = Int32

    private struct Pending {
        var connection: (any FrameSink)?
        /// The part of the log that is this connection's, behind whatever its queue holds.
        var start = 0
        var end = 0
        var isDirty = false
        var queue = OutboundQueue()
    }

    /// Given to a socket at once at most, because libwebsockets copies what the socket leaves, and
    /// those bytes are in no queue of ours.
    ///
    /// Cut between frames, so that a close frame can follow
    /// whatever was given, and the queue behind it can be dropped.
    private static let maximumWriteBytes = 128 * 1024
    /// The log keeps this much memory between iterations.
    private static let keptLogBytes = 4 * 1024 * 1024

    /// Called by ``flush()`` for each connection whose queue passed the limit; it is empty now.
    package var onOverflow: ((Slot) -> Void)?
    /// Bytes given to sockets, for metrics.
    package private(set) var writtenBytes = 0
    /// Bytes that wait in all the queues.
    package private(set) var queuedBytes = 0

    private let maximumQueueBytes: Int
    private var log: [UInt8] = []
    private var pending = ContiguousArray<Pending>()
    private var dirty = ContiguousArray<Slot>()
    private var free: [Slot] = []
    private var overflowed: [Slot] = []

    /// - Parameter maximumQueueBytes: what may wait for one connection after a flush.
    package init(maximumQueueBytes: Int) {
        self.maximumQueueBytes = maximumQueueBytes
    }

    package func open(_ connection: any FrameSink) -> Slot {
        if let slot = free.popLast() {
            pending[Int(slot)].connection = connection
            return slot
        }
        pending.append(Pending(connection: connection))
        return Slot(pending.count - 1)
    }

    /// Forgets the connection and what waits for it.
    package func close(_ slot: Slot) {
        drop(slot)
        pending[Int(slot)].connection = nil
        overflowed.removeAll { $0 == slot }
        free.append(slot)
    }

    /// Forgets what waits for the connection.
    package func drop(_ slot: Slot) {
        queuedBytes -= pending[Int(slot)].queue.count
        pending[Int(slot)].queue.removeAll()
        pending[Int(slot)].start = 0
        pending[Int(slot)].end = 0
    }

    /// Whether there is anything to flush.
    package var hasPending: Bool { !dirty.isEmpty }

    /// What waits for one connection, this iteration's frames included.
    package func waitingBytes(for slot: Slot) -> Int {
        let place = pending[Int(slot)]
        return place.queue.count + place.end - place.start
    }

    /// Frames a text for one connection.
    package func append(_ text: Span<UInt8>, to slot: Slot) {
        let start = log.count
        Frame.appendText(text, to: &log)
        let end = log.count
        unsafe pending.withUnsafeMutableBufferPointer { pending in
            unsafe note(start, end, Int(slot), pending)
        }
    }

    /// Frames a text once for all of the receivers.
    package func append(_ text: Span<UInt8>, to receivers: ContiguousArray<Slot>) {
        guard !receivers.isEmpty else { return }
        let start = log.count
        Frame.appendText(text, to: &log)
        let end = log.count
        unsafe receivers.withUnsafeBufferPointer { receivers in
            unsafe pending.withUnsafeMutableBufferPointer { pending in
                for index in 0..<receivers.count {
                    unsafe note(start, end, Int(receivers[index]), pending)
                }
            }
        }
    }

    @inline(__always)
    private func note(
        _ start: Int, _ end: Int, _ index: Int, _ pending: UnsafeMutableBufferPointer<Pending>
    ) {
        if unsafe !pending[index].isDirty {
            unsafe pending[index].isDirty = true
            dirty.append(Slot(truncatingIfNeeded: index))
        }
        if unsafe pending[index].start == pending[index].end {
            unsafe pending[index].start = start
        } else if unsafe pending[index].end != start {
            // Another channel's frames lie between: the earlier part moves into the queue.
            unsafe queue(&pending[index])
            unsafe pending[index].start = start
        }
        unsafe pending[index].end = end
    }

    /// The connection takes writes again: what waits goes with the next flush.
    package func becameWritable(_ slot: Slot) {
        guard !pending[Int(slot)].isDirty, waitingBytes(for: slot) > 0 else { return }
        pending[Int(slot)].isDirty = true
        dirty.append(slot)
    }

    /// Writes everything pending, once per connection, as far as the sockets take it.
    package func flush() {
        guard !dirty.isEmpty else { return }
        for slot in dirty { flush(slot) }
        dirty.removeAll(keepingCapacity: true)
        log.removeAll(keepingCapacity: log.count <= Self.keptLogBytes)
        let ended = overflowed
        overflowed.removeAll(keepingCapacity: true)
        for slot in ended { onOverflow?(slot) }
    }

    /// The same for one connection, before it is closed.
    package func flush(_ slot: Slot) {
        let index = Int(slot)
        pending[index].isDirty = false
        guard let connection = pending[index].connection else { return }
        if pending[index].queue.isEmpty {
            writeFromLog(index, connection)
        } else {
            queue(&pending[index])
            writeFromQueue(index, connection)
        }
        if !connection.isOpen { drop(slot) }
        guard pending[index].queue.count > maximumQueueBytes else { return }
        drop(slot)
        overflowed.append(slot)
    }

    private func writeFromLog(_ index: Int, _ connection: any FrameSink) {
        let end = pending[index].end
        var position = pending[index].start
        while position < end, !connection.isChoked {
            let rest = log.span.extracting(position..<end)
            let piece = Frame.wholeFrames(in: rest, upTo: Self.maximumWriteBytes)
            let taken = connection.write(rest.extracting(first: piece))
            guard taken > 0 else { break }
            position += taken
        }
        writtenBytes += position - pending[index].start
        pending[index].start = position
        queue(&pending[index])
    }

    private func writeFromQueue(_ index: Int, _ connection: any FrameSink) {
        while !pending[index].queue.isEmpty, !connection.isChoked {
            let taken = pending[index].queue.consume(upTo: Self.maximumWriteBytes) {
                connection.write($0)
            }
            guard taken > 0 else { break }
            writtenBytes += taken
            queuedBytes -= taken
        }
    }

    /// Moves the connection's part of the log into its queue.
    private func queue(_ place: inout Pending) {
        let count = place.end - place.start
        if count > 0 {
            place.queue.append(log.span.extracting(place.start..<place.end))
            queuedBytes += count
        }
        place.start = 0
        place.end = 0
    }
}
