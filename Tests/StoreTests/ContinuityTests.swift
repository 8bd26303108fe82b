import Glibc
import Realtime
import Store
import Testing

/// Whether a database went on from where the last hub left it.
@Suite struct ContinuityTests {
    private static let second: Int64 = 1_000_000_000

    private let mark = ContinuityMark(
        boot: "b1", device: 7, inode: 8, identity: "i1", sequence: 100, writtenAt: 500 * second)
    private let found = ContinuityVerdict.Found(
        boot: "b1", device: 7, inode: 8,
        times: .init(database: 400 * second, log: 500 * second), markTime: 500 * second)
    private let record = ContinuityRow(identity: "i1", sequence: 100)

    private func judge(
        _ change: (inout ContinuityMark, inout ContinuityVerdict.Found) -> Void = { _, _ in },
        sequence: Int64 = 100, identity: String = "i1"
    ) -> ContinuityVerdict {
        var (mark, found) = (mark, found)
        change(&mark, &found)
        return .judge(mark, found, ContinuityRow(identity: identity, sequence: sequence))
    }

    @Test func `a hub that was killed left its database as it is`() {
        #expect(judge() == .goesOn)
        // Killed between the commit and its mark, or while the log was moved.
        #expect(judge(sequence: 101) == .goesOn)
        #expect(judge { $1.times = .init(database: 520 * Self.second, log: 0) } == .goesOn)
    }

    @Test func `a database that is older than its mark begins anew`() {
        #expect(judge(sequence: 99) == .beginsAnew(.older))
        #expect(judge(sequence: 0) == .beginsAnew(.older))
    }

    @Test func `a copy, another life and another boot begin anew`() {
        #expect(ContinuityVerdict.judge(nil, found, record) == .beginsAnew(.noMark))
        #expect(judge { $1.boot = "b2" } == .beginsAnew(.otherBoot))
        #expect(judge { $1.boot = nil } == .beginsAnew(.otherBoot))
        #expect(judge { $1.inode = 9 } == .beginsAnew(.otherFile))
        #expect(judge { $1.device = 9 } == .beginsAnew(.otherFile))
        #expect(judge(identity: "i2") == .beginsAnew(.otherIdentity))
        #expect(judge(identity: "") == .beginsAnew(.otherIdentity))
    }

    @Test func `what is written after the hub's death begins anew`() {
        #expect(
            judge { $1.times = .init(database: 531 * Self.second, log: 0) } == .beginsAnew(.touched)
        )
        #expect(
            judge { $1.times = .init(database: 0, log: 531 * Self.second) } == .beginsAnew(.touched)
        )
        #expect(judge { $1.markTime = 531 * Self.second } == .beginsAnew(.touched))
    }

    @Test func `after a stop in order not a nanosecond may be missing`() {
        let left = found.times
        #expect(judge { mark, _ in mark.left = left } == .goesOn)
        for times in [
            ContinuityMark.FileTimes(database: left.database + 1, log: left.log),
            .init(database: left.database, log: left.log + 1),
            .init(database: left.database, log: 0),
        ] {
            let verdict = judge { mark, found in
                mark.left = left
                found.times = times
            }
            #expect(verdict == .beginsAnew(.touched))
        }
    }

    @Test func `a mark is read as it was written, and nothing else is a mark`() throws {
        let files = try TemporaryStore()
        let path = "\(files.directory)/continuity"
        let file = try ContinuityFile(path: path, database: files.path)
        #expect(file.read() == nil)
        var marks = [mark, mark]
        marks[1].left = found.times
        marks[1].sequence = .max
        for mark in marks {
            #expect(try file.write(mark))
            #expect(try ContinuityFile(path: path, database: files.path).read() == mark)
        }
        var unwritable = mark
        unwritable.identity = String(repeating: "x", count: 300)
        #expect(try file.write(unwritable) == false)
        #expect(file.read() == nil)
        let noMarks = ["", "1", String(repeating: "1 ", count: 128)]
        for text in noMarks + [String(repeating: "x", count: 256)] {
            let target = unsafe open(path, O_WRONLY | O_TRUNC)
            let bytes = Array(text.utf8)
            #expect(unsafe write(target, bytes, bytes.count) == bytes.count)
            close(target)
            #expect(file.read() == nil, "\(text)")
        }
    }

    @Test func `the sequence is the last commit's, also when its channel is gone`() throws {
        let files = try TemporaryStore()
        let store = try files.open()
        let maintenance = try Maintenance(path: files.path)
        _ = try store.transaction { try $0.publish(3, on: .team("a")) }
        _ = try store.transaction { try $0.publish(3, on: .team("b")) }
        #expect(try store.transaction { try $0.continuity().sequence } == 2)
        try store.transaction { try $0.retireChannel(.team("b")) }
        let limits = Maintenance.HistoryLimits(
            count: 1_000, bytes: 1_000_000, oldest: Timestamp(milliseconds: 0))
        try maintenance.trim(limits, isStopping: { false }, report: { _ in })
        #expect(try store.transaction { try $0.continuity().sequence } == 2)
    }

    @Test func `new epochs keep history and heads, and no epoch of before`() throws {
        let files = try TemporaryStore()
        let store = try files.open()
        let before = try store.transaction { try $0.publish(3, on: .team("a")) }
        #expect(try store.transaction { try $0.beginNewEpochs(identity: "i2") } == 1)
        let after = try #require(try store.transaction { try $0.channel(.team("a")) })
        #expect(after.epoch != before.epoch && after.number == before.number)
        #expect(after.head == 3 && after.oldestKept == 1)
        #expect(try store.transaction { try $0.continuity().identity } == "i2")
    }
}
