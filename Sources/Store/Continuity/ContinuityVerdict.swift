/// Whether the database is the one that the last hub left, with everything that anybody may have
/// seen: then positions of before are good.
///
/// Pure.
public enum ContinuityVerdict: Sendable, Equatable {
    case goesOn
    /// Every channel begins a new epoch: a position of before says nothing about this history.
    case beginsAnew(Reason)

    public enum Reason: String, Sendable, CaseIterable {
        /// The first start, or the first since the machine's: memory that had not reached the disk,
        /// or all of the disk, may have gone back in time.
        case noMark = "no_mark"
        case otherBoot = "other_boot"
        /// Another file has its place: a copy, or a backup.
        case otherFile = "other_file"
        /// A hub elsewhere, or with another run-time directory, went on with it meanwhile.
        case otherIdentity = "other_identity"
        /// Commits are missing.
        case older
        /// Somebody wrote to it, or to the mark, after the last hub.
        case touched
    }

    /// What is there when a hub starts, before it opens anything.
    public struct Found: Sendable, Equatable {
        /// Nil where it cannot be known.
        public var boot: String?
        public var device: UInt64
        public var inode: UInt64
        public var times: ContinuityMark.FileTimes
        /// When the mark's own file was changed last.
        public var markTime: Int64

        public init(
            boot: String?, device: UInt64, inode: UInt64, times: ContinuityMark.FileTimes,
            markTime: Int64
        ) {
            self.boot = boot
            self.device = device
            self.inode = inode
            self.times = times
            self.markTime = markTime
        }
    }

    /// 30 s: how much later than its last mark a hub that was killed may have written.
    ///
    /// It marks once a second, but its loop may have been busy while the maintenance thread moved the
    /// log.
    static let patience: Int64 = 30_000_000_000

    public static func judge(
        _ mark: ContinuityMark?, _ found: Found, _ record: ContinuityRow
    ) -> ContinuityVerdict {
        guard let mark else { return .beginsAnew(.noMark) }
        guard let boot = found.boot, boot == mark.boot else { return .beginsAnew(.otherBoot) }
        guard (found.device, found.inode) == (mark.device, mark.inode) else {
            return .beginsAnew(.otherFile)
        }
        guard record.identity == mark.identity else { return .beginsAnew(.otherIdentity) }
        guard record.sequence >= mark.sequence else { return .beginsAnew(.older) }
        let latest = mark.writtenAt.addingReportingOverflow(patience).partialValue
        let isUntouched =
            mark.left.map { $0 == found.times }
            ?? (found.times.database <= latest && found.times.log <= latest)
        guard isUntouched, found.markTime <= latest else { return .beginsAnew(.touched) }
        return .goesOn
    }
}
