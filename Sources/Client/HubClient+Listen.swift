import EventLoop
import IPC
import JSON
import Protocol
import Realtime

extension HubClient {
    /// Joins channels and hands over what is published, until the process ends.
    ///
    /// Blocks.
    ///
    /// A channel is joined on behalf of the team that owns it; a hub that restarts is joined again
    /// where it was left.
    public func listen(
        _ targets: [ListenTarget], _ hear: @escaping (ListenEvent) -> Void
    ) throws(ClientError) {
        var channels: [(ChannelName, TeamID)] = []
        for target in targets { channels.append((target.channel, try owner(of: target.channel))) }
        let listener = HubListener(
            link: link, channels: channels, positions: ListenPositions(targets), hear: hear)
        listener.fail = { [loop] in loop.stop() }
        listener.start()
        withExtendedLifetime(listener) { loop.run() }
        listener.stop()
        throw listener.failure ?? .linkLost(reason: "listening was stopped")
    }

    /// The team whose channel this is; a refusal where it is nobody's.
    public func owner(of channel: ChannelName) throws(ClientError) -> TeamID {
        switch channel.kind {
        case .team: return try team(channel.id, of: channel)
        case .session: return try owner(of: channel, .getSession)
        case .spec: return try owner(of: channel, .getSpec)
        case .agent: return try owner(of: channel, .getAgent)
        }
    }

    /// The hub's own machine may look at every team; what is found says itself whose it is.
    private func owner(
        of channel: ChannelName, _ operation: Operation
    ) throws(ClientError) -> TeamID {
        for team in try list(.listTeams) {
            guard let id = team["id"]?.stringValue else { continue }
            do throws(ClientError) {
                let found = try call(
                    operation, ["teamId": .string(id), "id": .string(channel.id)])
                return try self.team(found["teamId"]?.stringValue ?? id, of: channel)
            } catch .refused(let error) where error.code == .notFound {
                continue
            }
        }
        throw .refused(OperationError(.notFound, "nobody owns \(channel)"))
    }

    private func team(_ id: String, of channel: ChannelName) throws(ClientError) -> TeamID {
        do {
            return try TeamID(parsing: id)
        } catch {
            throw .unexpectedAnswer("\(channel): \(error)")
        }
    }
}

/// Keeps channels joined over one hub link.
///
/// Confined to its loop.
private final class HubListener {
    private let link: HubLink
    private let channels: [(name: ChannelName, team: TeamID)]
    private var positions: ListenPositions
    private let hear: (ListenEvent) -> Void
    private(set) var failure: ClientError?
    /// Called when a channel was refused.
    var fail: () -> Void = {}

    init(
        link: HubLink, channels: [(ChannelName, TeamID)], positions: ListenPositions,
        hear: @escaping (ListenEvent) -> Void
    ) {
        self.link = link
        self.channels = channels.map { (name: $0.0, team: $0.1) }
        self.positions = positions
        self.hear = hear
    }

    func start() {
        link.onUp = { [unowned self] _ in joinAll() }
        link.onDown = { [unowned self] reason in hear(.interrupted("\(reason)")) }
        link.onPush = { [unowned self] message in
            switch message {
            case .delivery(let channel, let offset, let text): deliver(channel, offset, text)
            case .withdrawn(let channel, _): withdrawn(channel)
            default: break
            }
        }
        joinAll()
    }

    /// Hears nothing more: the link outlives its listener.
    func stop() {
        link.onUp = nil
        link.onDown = nil
        link.onPush = nil
    }

    private func joinAll() {
        for channel in channels { join(channel.name, channel.team, isFirst: true) }
    }

    /// An unknown epoch is "from now on": no position of it can be recovered.
    private func join(_ channel: ChannelName, _ team: TeamID, isFirst: Bool) {
        let since = positions[channel]
        let asked = since ?? StreamPosition(epoch: "none", offset: 0)
        link.request({ .resume($0, team, channel, since: asked) }) { [weak self] answer in
            guard let self else { return }
            switch answer {
            case .answered(.subscribed(_, let joined, let page)):
                if !joined.isRecovered { positions.joined(channel, at: joined.head) }
                if isFirst {
                    let isGap = since != nil && !joined.isRecovered
                    hear(
                        .joined(
                            channel, joined.head, isGap: isGap,
                            // What is no JSON is not from a hub of this version.
                            snapshot: joined.snapshot.flatMap { try? JSONValue(parsing: $0) }))
                }
                deliver(page, of: channel)
                if joined.isRecovered && !page.reachesHead { join(channel, team, isFirst: false) }
            case .refused(let error):
                failure = .refused(error)
                fail()
            case .answered, .unsent, .lost: break
            }
        }
    }

    /// Its owner has changed or it was deleted: nothing more comes, as a remote client is told too.
    private func withdrawn(_ channel: ChannelName) {
        failure = .refused(
            OperationError(.channelForbidden, "the channel \(channel) has no such owner any more"))
        fail()
    }

    private func deliver(_ page: Page, of channel: ChannelName) {
        var start = 0
        for item in page.items {
            deliver(channel, item.offset, Array(page.texts[start..<start + item.bytes]))
            start += item.bytes
        }
    }

    private func deliver(_ channel: ChannelName, _ offset: Offset, _ text: [UInt8]) {
        if positions.take(channel, offset) { hear(.message(text)) }
    }
}
