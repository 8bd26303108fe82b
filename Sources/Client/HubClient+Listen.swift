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
    ///
    /// - Parameter team: the owner of all of them; nil: whoever is on record.
    public func listen(
        _ targets: [ListenTarget], of team: TeamID?, _ hear: @escaping (ListenEvent) -> Void
    ) throws(ClientError) {
        var channels: [(ChannelIdentity, TeamID)] = []
        var positions: [ChannelIdentity: StreamPosition] = [:]
        for target in targets {
            let owner = if let team { team } else { try owner(of: target.channel) }
            let identity = ChannelIdentity(target.channel, of: owner)
            channels.append((identity, owner))
            positions[identity] = target.since
        }
        let listener = HubListener(
            link: link, channels: channels, positions: ListenPositions(positions), hear: hear)
        listener.fail = { [loop] in loop.stop() }
        listener.start()
        withExtendedLifetime(listener) { loop.run() }
        listener.stop()
        throw listener.failure ?? .linkLost(reason: "listening was stopped")
    }

    /// The team whose channel this is; a refusal where it is nobody's, or where several teams have one
    /// of that name.
    public func owner(of channel: ChannelName) throws(ClientError) -> TeamID {
        let owners =
            switch channel.kind {
            case .team: [try team(channel.id, of: channel)]
            case .session: try owners(of: channel, .getSession)
            case .spec: try owners(of: channel, .getSpec)
            case .agent: try owners(of: channel, .getAgent)
            }
        guard let owner = owners.first else {
            throw .refused(OperationError(.notFound, "nobody owns \(channel)"))
        }
        guard owners.count == 1 else { throw .ambiguous(channel, owners) }
        return owner
    }

    /// The channel that a name means, to a team or to the only one that has it.
    func identity(
        of name: ChannelName, _ team: TeamID?
    ) throws(ClientError) -> ChannelIdentity {
        if let identity = ChannelIdentity(name) { return identity }
        let owner = if let team { team } else { try owner(of: name) }
        return ChannelIdentity(name, of: owner)
    }

    /// The hub's own machine may look at every team.
    private func owners(
        of channel: ChannelName, _ operation: Operation
    ) throws(ClientError) -> [TeamID] {
        var owners: [TeamID] = []
        for team in try list(.listTeams) {
            guard let id = team["id"]?.stringValue else { continue }
            do throws(ClientError) {
                let found = try call(
                    operation, ["teamId": .string(id), "id": .string(channel.id)])
                // A session says itself whose it is, whoever's was asked for.
                let owner = found["teamId"]?.stringValue ?? id
                owners.append(try self.team(owner, of: channel))
            } catch .refused(let error) where error.code == .notFound {
                continue
            }
            // No other team has a session of that id.
            if !channel.kind.isTeamsOwn { break }
        }
        return owners
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
    private let channels: [(identity: ChannelIdentity, team: TeamID)]
    private var positions: ListenPositions
    private let hear: (ListenEvent) -> Void
    private(set) var failure: ClientError?
    /// Called when a channel was refused.
    var fail: () -> Void = {}

    init(
        link: HubLink, channels: [(ChannelIdentity, TeamID)], positions: ListenPositions,
        hear: @escaping (ListenEvent) -> Void
    ) {
        self.link = link
        self.channels = channels.map { (identity: $0.0, team: $0.1) }
        self.positions = positions
        self.hear = hear
    }

    func start() {
        link.onUp = { [unowned self] _ in joinAll() }
        link.onDown = { [unowned self] reason in hear(.interrupted("\(reason)")) }
        link.onPush = { [unowned self] message in
            switch message {
            case .delivery(let channel, let offset, let text): deliver(channel, offset, text)
            case .withdrawn(let channel): withdrawn(channel)
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
        for channel in channels { join(channel.identity, channel.team, isFirst: true) }
    }

    /// An unknown epoch is "from now on": no position of it can be recovered.
    private func join(_ channel: ChannelIdentity, _ team: TeamID, isFirst: Bool) {
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
                            channel.name, joined.head, isGap: isGap,
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

    /// What it was about was deleted: nothing more comes, as a remote client is told too.
    private func withdrawn(_ channel: ChannelIdentity) {
        failure = .refused(
            OperationError(
                .channelForbidden, "the channel \(channel.name) has no such owner any more"))
        fail()
    }

    private func deliver(_ page: Page, of channel: ChannelIdentity) {
        var start = 0
        for item in page.items {
            deliver(channel, item.offset, Array(page.texts[start..<start + item.bytes]))
            start += item.bytes
        }
    }

    private func deliver(_ channel: ChannelIdentity, _ offset: Offset, _ text: [UInt8]) {
        if positions.take(channel, offset) { hear(.message(text)) }
    }
}
