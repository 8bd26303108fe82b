import Realtime
import Store
import TestSupport

/// A database in a directory of its own, removed with this object.
final class TemporaryStore {
    private let folder: TemporaryDirectory
    var directory: String { folder.path }
    var path: String { folder.file("switchboard.db") }

    init() throws { folder = try TemporaryDirectory() }

    func open() throws -> Store { try Store(path: path) }
}

extension StoreTransaction {
    /// Publications of 100 bytes, one a second from the time 1,000 ms on.
    func publish(_ count: Int, on name: ChannelIdentity, bytes: Int = 100) throws -> ChannelRow {
        let channel = try channel(name) ?? insertChannel(name, epoch: "e1")
        var total = channel.totalBytes
        for offset in channel.head + 1...channel.head + Int64(count) {
            total += Int64(bytes)
            try insertPublication(
                Publication(
                    offset: offset, eventID: "x", text: Array(repeating: 0x20, count: bytes)),
                in: channel.number,
                producersEventIDs: [try EventID(parsing: "event \(offset)")], bytesThrough: total,
                time: Timestamp(milliseconds: offset * 1_000))
        }
        try updateChannel(
            channel.number, head: channel.head + Int64(count), totalBytes: total,
            time: Timestamp(milliseconds: 1_000), sequence: try continuity().sequence + 1)
        return channel
    }
}
