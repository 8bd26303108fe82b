import Glibc
import Realtime
import Store
import Testing

@Suite struct MaintenanceTests {
    let files: TemporaryStore
    let store: Store
    let maintenance: Maintenance
    /// Nothing is over it.
    let generous = Maintenance.HistoryLimits(
        count: 1_000_000, bytes: 1 << 40, oldest: Timestamp(milliseconds: 0))

    init() throws {
        files = try TemporaryStore()
        store = try files.open()
        maintenance = try Maintenance(path: files.path)
    }

    /// Trims and answers what is left, and what was reported last.
    private func kept(
        _ limits: Maintenance.HistoryLimits, of channel: ChannelRow
    ) throws -> (offsets: [Offset], reported: Offset?) {
        var reported: Offset?
        try maintenance.trim(limits, isStopping: { false }) { trimmed in
            reported = trimmed.oldestKept
        }
        let offsets = try store.transaction { transaction in
            try transaction.publications(
                in: channel.number, after: 0, maximumBytes: .max, maximumCount: 100_000
            ).rows.map(\.offset)
        }
        return (offsets, reported)
    }

    @Test func `the newest stay when there are too many`() throws {
        let channel = try store.transaction { try $0.publish(1_000, on: .team("t1")) }
        var limits = generous
        limits.count = 30
        let (offsets, reported) = try kept(limits, of: channel)
        #expect(offsets == Array(971...1_000))
        #expect(reported == 971)
        #expect(try store.transaction { try $0.channel(.team("t1"))?.oldestKept } == 971)
        #expect(try store.transaction { try $0.offset(of: "event 3", in: channel.number) } == nil)
    }

    @Test func `the newest stay when they have too many bytes`() throws {
        let channel = try store.transaction { try $0.publish(100, on: .team("t1")) }
        var limits = generous
        limits.bytes = 450
        #expect(try kept(limits, of: channel).offsets == [97, 98, 99, 100])
        // The sums go on being right after a trim.
        _ = try store.transaction { try $0.publish(2, on: .team("t1")) }
        #expect(try kept(limits, of: channel).offsets == [99, 100, 101, 102])
    }

    @Test func `what is too old goes, down to the last one`() throws {
        let channel = try store.transaction { try $0.publish(10, on: .team("t1")) }
        var limits = generous
        limits.oldest = Timestamp(milliseconds: 8_000)
        #expect(try kept(limits, of: channel).offsets == [8, 9, 10])
        limits.oldest = Timestamp(milliseconds: 80_000)
        let (offsets, reported) = try kept(limits, of: channel)
        #expect(offsets == [] && reported == 11)
        let row = try store.transaction { try $0.channel(.team("t1")) }
        #expect(row?.head == 10 && row?.oldestKept == 11)
    }

    @Test func `a channel within its limits is left alone`() throws {
        let channel = try store.transaction { try $0.publish(10, on: .team("t1")) }
        let (offsets, reported) = try kept(generous, of: channel)
        #expect(offsets.count == 10 && reported == nil)
    }

    @Test func `over the total the largest histories are cut to an even share`() throws {
        let counts = [10, 200, 300]
        let channels = try store.transaction { transaction in
            try counts.enumerated().map { index, count in
                try transaction.publish(count, on: .team(try TeamID(parsing: "t\(index)")))
            }
        }
        let sizes = try channels.map { channel in
            try store.transaction { transaction in
                try transaction.publications(
                    in: channel.number, after: 0, maximumBytes: .max, maximumCount: 1_000
                ).rows.reduce(0) { $0 + $1.text.count }
            }
        }
        var limits = generous
        limits.totalBytes = sizes[0] + sizes[1]
        let left = try channels.map { try kept(limits, of: $0).offsets.count }
        #expect(left[0] == 10)
        #expect(abs(left[1] - left[2]) <= 1 && (90...100).contains(left[1]))
        limits.totalBytes = sizes.reduce(0, +)
        #expect(try !maintenance.trim(limits, isStopping: { false }) { _ in })
    }

    @Test func `the history of an ended epoch is removed`() throws {
        let channel = try store.transaction { transaction in
            let channel = try transaction.publish(700, on: .team("t1"))
            try transaction.retireChannel(.team("t1"))
            return channel
        }
        let (offsets, reported) = try kept(generous, of: channel)
        #expect(offsets == [] && reported == nil)
    }

    @Test func `a checkpoint moves the log into the database`() throws {
        _ = try store.transaction { try $0.publish(1_000, on: .team("t1")) }
        var before = stat()
        unsafe stat(files.path, &before)
        try maintenance.checkpoint(whenLogExceeds: 0)
        var after = stat()
        unsafe stat(files.path, &after)
        #expect(after.st_size > before.st_size + 100_000)
    }
}
