import Client
import JSON
import Realtime

/// What one handler of the simulated client was told, held against what it has to be told.
struct HandlerWitness {
    let channel: Int
    let recovers: Bool
    /// Everything up to here was told, or was there before it began.
    private(set) var position: StreamPosition?
    private(set) var isJoined = false
    /// The server has refused it for good.
    private(set) var hasFailed = false
    var isPaused = false
    private(set) var gaps = 0
    private(set) var publications = 0

    init(channel: Int, recovers: Bool, since position: StreamPosition?) {
        self.channel = channel
        self.recovers = recovers
        self.position = position
    }

    /// - Returns: what is wrong with it, or nil.
    mutating func told(_ message: ChannelMessage) -> String? {
        guard !isPaused else { return "told while it is paused" }
        switch message {
        case .subscribed(let joined): return subscribed(joined)
        case .publication(let published): return self.published(published)
        case .error(let failure):
            hasFailed = !failure.willRetry
            return nil
        }
    }

    private mutating func subscribed(_ joined: ChannelMessage.Joined) -> String? {
        hasFailed = false
        isJoined = true
        defer { if joined.isGap || position == nil { position = joined.position } }
        guard let position else {
            return joined.isGap ? "a gap, where it had no position" : nil
        }
        let isSameStream =
            position.epoch == joined.position.epoch && position.offset <= joined.position.offset
        if joined.isGap {
            gaps += 1
            return joined.isRecovered && isSameStream && recovers ? "a gap that is none" : nil
        }
        guard joined.isRecovered else { return "not recovered, and no gap is told" }
        return isSameStream ? nil : "recovered at \(joined.position), and it was at \(position)"
    }

    private mutating func published(_ published: ChannelMessage.Published) -> String? {
        guard isJoined, let position else { return "a publication before it was joined" }
        guard published.offset == position.offset + 1 else {
            return "\(published.offset) after \(position.offset)"
        }
        self.position?.offset = published.offset
        publications += 1
        let due = SimulatedServer.tag(
            StreamPosition(epoch: position.epoch, offset: published.offset))
        return published.body == due ? nil : "\(published.body) where \(due) was due"
    }
}
