import Protocol
import Realtime

/// One channel in memory: its numbering, its recent past, and the workers that joined it.
package final class Channel {
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
        name: ChannelName, number: Int64, stream: ChannelStream, totalBytes: Int64,
        usedAt: Duration
    ) {
        self.name = name
        self.number = number
        self.stream = stream
        self.totalBytes = totalBytes
        self.usedAt = usedAt
    }
}
