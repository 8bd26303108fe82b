import Glibc
import Realtime
import Store
import System

/// A database in a directory of its own, removed with this object.
final class TemporaryStore {
    let directory: String
    var path: String { "\(directory)/switchboard.db" }

    init() throws {
        var template = Array("/tmp/store-XXXXXX".utf8CString)
        guard unsafe mkdtemp(&template) != nil else {
            throw StoreError.unusable(path: "/tmp", .last)
        }
        directory = String(
            decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit {
        for suffix in ["", "-wal", "-shm", ".lock"] { _ = unsafe unlink(path + suffix) }
        _ = unsafe rmdir(directory)
    }

    func open() throws -> Store { try Store(path: path) }
}

extension StoreTransaction {
    /// Publications of 100 bytes, one a second from the time 1,000 ms on.
    func publish(_ count: Int, on name: ChannelName, bytes: Int = 100) throws -> ChannelRow {
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
            time: Timestamp(milliseconds: 1_000))
        return channel
    }
}
