import Daemon
import Protocol
import Realtime
import Store

/// The channels in memory: loaded when they are used, evicted when they are idle.
package final class Channels {
    package struct Limits: Sendable {
        package var ring = PublicationRing.Limits()
        /// Of all rings together.
        package var maximumRingBytes = 256 << 20
        /// Longer than a reconnect after a restart takes.
        package var idle: Duration = .seconds(60)

        package init() {}
    }

    private let limits: Limits
    private let metrics: HubMetrics
    private var loaded: [ChannelIdentity: Channel] = [:]
    /// What a worker joined, to be dropped with it.
    private var joined: [PeerID: Set<ChannelIdentity>] = [:]
    private var dirty: [Channel] = []
    /// Of the last commit with publications.
    package private(set) var sequence: Int64
    /// Of all rings, never too low: what was trimmed or rolled back is counted again in ``shrink()``.
    private var ringBytes = 0

    /// - Parameter sequence: of the last commit with publications that is on record.
    package init(limits: Limits, metrics: HubMetrics, sequence: Int64) {
        self.sequence = sequence
        self.limits = limits
        self.metrics = metrics
    }

    /// The channel, from memory or from the database; begun with a new epoch where it is on record
    /// nowhere.
    ///
    /// Whether it may exist is the caller's to decide.
    package func open(_ identity: ChannelIdentity, _ iteration: Iteration) throws -> Channel {
        if let channel = loaded[identity] {
            channel.usedAt = iteration.clock
            return channel
        }
        let row =
            try iteration.store.channel(identity)
            ?? iteration.store.insertChannel(identity, epoch: Fresh.epoch())
        let channel = Channel(
            identity, number: row.number,
            stream: ChannelStream(
                epoch: row.epoch, head: row.head, oldestKept: row.oldestKept, limits: limits.ring),
            totalBytes: row.totalBytes, usedAt: iteration.clock)
        loaded[identity] = channel
        metrics.channels.set(Int64(loaded.count))
        iteration.onRollback { [self] in loaded[identity] = nil }
        return channel
    }

    /// Gives the next offset to an open text, stores it, and delivers it to everybody who joined.
    ///
    /// - Parameters:
    ///   - open: see `EventText.open(type:channel:at:eventID:body:)`.
    ///   - producersEventIDs: the ids by which producers may repeat it, usually none or one.
    @discardableResult
    package func publish(
        _ open: some Collection<UInt8>, eventID: EventID, producersEventIDs: [EventID] = [],
        on channel: Channel, _ iteration: Iteration
    ) throws -> StreamPosition {
        let offset = channel.stream.nextOffset
        let text = EventText.completed(open, offset: offset)
        let publication = Publication(offset: offset, eventID: eventID, text: text)
        let totalBytes = channel.totalBytes + Int64(text.count)
        try iteration.store.insertPublication(
            publication, in: channel.number, producersEventIDs: producersEventIDs,
            bytesThrough: totalBytes, time: iteration.now)
        prepareRollback(of: channel, iteration)
        let before = channel.stream.ringBytes
        channel.stream.append(publication)
        ringBytes += max(0, channel.stream.ringBytes - before)
        channel.totalBytes = totalBytes
        setDirty(channel)
        iteration.broadcast(.delivery(channel.identity, offset, text: text), to: channel.interested)
        metrics.publications.add()
        metrics.deliveries.add(channel.interested.count)
        return channel.stream.position
    }

    /// Where a producer's event id stands, if the channel still knows it.
    package func position(
        of event: EventID, on channel: Channel, _ iteration: Iteration
    ) throws -> StreamPosition? {
        try iteration.store.offset(of: event, in: channel.number)
            .map { StreamPosition(epoch: channel.stream.epoch, offset: $0) }
    }

    /// Ends the channel's epoch and everybody's interest: its subject is gone.
    ///
    /// What it published is lost to everybody, and nothing of a later subject of that name reaches who
    /// had joined.
    package func withdraw(_ identity: ChannelIdentity, _ iteration: Iteration) throws {
        try iteration.store.retireChannel(identity)
        guard let channel = loaded.removeValue(forKey: identity) else { return }
        let interested = channel.interested
        let isDirty = channel.isDirty
        for peer in interested { joined[peer]?.remove(identity) }
        setClean(channel)
        iteration.onRollback { [self] in
            loaded[identity] = channel
            for peer in interested { joined[peer]?.insert(identity) }
            if isDirty { setDirty(channel) }
        }
        iteration.broadcast(.withdrawn(identity), to: interested)
    }

    /// Saves the numbering of whatever published, before the commit.
    func save(_ iteration: Iteration) throws {
        if !dirty.isEmpty { sequence += 1 }
        for channel in dirty {
            channel.isDirty = false
            try iteration.store.updateChannel(
                channel.number, head: channel.stream.head, totalBytes: channel.totalBytes,
                time: iteration.now, sequence: sequence)
        }
        dirty.removeAll(keepingCapacity: true)
        shrink()
    }

    /// The commit with ``save(_:)`` failed, and what was published was taken back.
    func takeBack(sequence: Int64) { self.sequence = sequence }

    /// Empties the rings of the channels that were not used for longest, down to three quarters of
    /// the limit, so that it is not met again by the next publication.
    private func shrink() {
        guard ringBytes > limits.maximumRingBytes else { return }
        ringBytes = loaded.values.reduce(0) { $0 + $1.stream.ringBytes }
        guard ringBytes > limits.maximumRingBytes else { return }
        metrics.reached(limit: "hub.ringTotalBytes")
        for channel in loaded.values.sorted(by: { $0.usedAt < $1.usedAt }) {
            guard ringBytes > limits.maximumRingBytes / 4 * 3 else { break }
            ringBytes -= channel.stream.ringBytes
            channel.stream.forgetRing()
        }
    }

    func join(_ channel: Channel, _ peer: PeerID, _ iteration: Iteration) {
        guard joined[peer, default: []].insert(channel.identity).inserted else { return }
        channel.interested.append(peer)
        iteration.onRollback { [self] in leave(channel.identity, peer) }
    }

    func leave(_ identity: ChannelIdentity, _ peer: PeerID) {
        guard joined[peer]?.remove(identity) != nil else { return }
        loaded[identity]?.interested.removeAll { $0 == peer }
    }

    /// The peer is gone with all that it had joined.
    func leaveAll(_ peer: PeerID) {
        for identity in joined.removeValue(forKey: peer) ?? [] {
            loaded[identity]?.interested.removeAll { $0 == peer }
        }
    }

    /// The maintenance thread removed history.
    package func trimmed(_ trimmed: Maintenance.Trimmed) {
        metrics.historyTrimmed.add(trimmed.count)
        guard let channel = loaded[trimmed.channel], channel.stream.epoch == trimmed.epoch else {
            return
        }
        channel.stream.trim(before: trimmed.oldestKept)
    }

    /// Forgets channels that nobody joined and nobody used for a while.
    func evict(at clock: Duration) {
        loaded = loaded.filter { _, channel in
            !channel.interested.isEmpty || channel.isDirty
                || clock - channel.usedAt < limits.idle
        }
        metrics.channels.set(Int64(loaded.count))
    }

    private func prepareRollback(of channel: Channel, _ iteration: Iteration) {
        let head = channel.stream.head
        let totalBytes = channel.totalBytes
        let isDirty = channel.isDirty
        iteration.onRollback { [self] in
            channel.stream.rollBack(to: head)
            channel.totalBytes = totalBytes
            if !isDirty { setClean(channel) }
        }
    }

    private func setDirty(_ channel: Channel) {
        guard !channel.isDirty else { return }
        channel.isDirty = true
        dirty.append(channel)
    }

    private func setClean(_ channel: Channel) {
        channel.isDirty = false
        dirty.removeAll { $0 === channel }
    }
}
