import Protocol
import Realtime
import Store

/// Joining channels and reading what was missed: `subscribe`, `resume`, `read`.
///
/// The answer and the deliveries that follow it come down one ordered stream, so the position in
/// the answer is exactly where live publications go on.
struct Subscribing {
    let channels: Channels
    let access: ChannelAccess
    let seam: () -> SessionSeam
    let metrics: HubMetrics

    func join(
        _ identity: ChannelIdentity, for principal: Principal, since: StreamPosition?,
        _ reply: Reply,
        _ iteration: Iteration
    ) throws {
        try access.check(.principal(principal), mayRead: identity, iteration)
        try join(identity, since: since, reply, iteration)
    }

    /// Of a worker whose subscribers of one team were all let in before.
    func rejoin(
        _ identity: ChannelIdentity, for team: TeamID, since: StreamPosition, _ reply: Reply,
        _ iteration: Iteration
    ) throws {
        try access.check(team, mayUse: identity, iteration)
        try join(identity, since: since, reply, iteration)
    }

    private func join(
        _ identity: ChannelIdentity, since: StreamPosition?, _ reply: Reply, _ iteration: Iteration
    ) throws {
        if let session = identity.sessionID { try seam().flush(session, iteration) }
        let channel = try channels.open(identity, iteration)
        let missed = try since.flatMap { try page(of: channel, since: $0, iteration) }
        channels.join(channel, reply.peer, iteration)
        let snapshot = try identity.sessionID.flatMap { try seam().snapshot($0, iteration) }
        let joined = Joined(
            head: channel.stream.position, isRecovered: missed != nil, snapshot: snapshot)
        iteration.send(.subscribed(reply.request, joined, missed ?? .empty), to: reply.peer)
    }

    func read(
        _ identity: ChannelIdentity, for principal: Principal, since: StreamPosition,
        _ reply: Reply,
        _ iteration: Iteration
    ) throws {
        try access.check(.principal(principal), mayRead: identity, iteration)
        let channel = try channels.open(identity, iteration)
        guard let page = try page(of: channel, since: since, iteration) else {
            throw OperationError(
                .channelUnavailable,
                "the history of \(channel.name) after \(since.offset) is gone; subscribe anew")
        }
        iteration.send(.page(reply.request, page), to: reply.peer)
    }

    /// What was missed since a position, up to a page's size; nil when it is not all there.
    private func page(
        of channel: Channel, since: StreamPosition, _ iteration: Iteration
    ) throws -> Page? {
        switch channel.stream.recovery(since: since) {
        case .upToDate:
            metrics.recovered(from: "none")
            return .empty
        case .fromRing(let missed):
            metrics.recovered(from: "ring")
            return Page(missed.map { ($0.offset, $0.text) }, head: channel.stream.head)
        case .fromStore(let after):
            let rows = try iteration.store.publications(
                in: channel.number, after: after, maximumBytes: Limits.recoveryPageBytes,
                maximumCount: Self.maximumRows
            ).rows
            // Trimmed a moment ago: then the history does not reach back any more.
            guard rows.first?.offset == after + 1 else { fallthrough }
            metrics.recovered(from: "store")
            return Page(rows.map { ($0.offset, $0.text) }, head: channel.stream.head)
        case .lost:
            metrics.recovered(from: "lost")
            return nil
        }
    }

    /// 5,000 rows: the offsets and lengths of a page stay below 100 KB.
    private static let maximumRows = 5_000
}

extension Page {
    /// Takes publications until a page is full, at least one.
    init(_ publications: [(offset: Offset, text: [UInt8])], head: Offset) {
        var items: [Item] = []
        var texts: [UInt8] = []
        for (offset, text) in publications {
            let isFull = !items.isEmpty && texts.count + text.count > Limits.recoveryPageBytes
            if isFull { break }
            items.append(Item(offset: offset, bytes: text.count))
            texts.append(contentsOf: text)
        }
        self.init(items: items, texts: texts, reachesHead: (items.last?.offset ?? head) == head)
    }
}
