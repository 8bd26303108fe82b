import Protocol
import Realtime

/// One channel in memory: its numbering, its recent past, and the workers that joined it.
package final class Channel {
    package let identity: ChannelIdentity
    /// As the outside says it; kept, so that answers build no text.
    package let name: ChannelName
    /// Its key in the database.
    package let number: Int64
    package internal(set) var stream: ChannelStream
    var totalBytes: Int64
    /// Workers with subscribers, in the order in which they joined.
    var interested: [PeerID] = []
    /// Published since the last commit.
    var isDirty = false
    /// When it was last used, on the loop's clock.
    var usedAt: Duration

    init(
        _ identity: ChannelIdentity, number: Int64, stream: ChannelStream, totalBytes: Int64,
        usedAt: Duration
    ) {
        self.identity = identity
        name = identity.name
        self.number = number
        self.stream = stream
        self.totalBytes = totalBytes
        self.usedAt = usedAt
    }
}
