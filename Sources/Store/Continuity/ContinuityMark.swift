/// What a hub leaves in the run-time directory about its database: what this must not be older than,
/// and which one it is.
///
/// One line of text, so that an administrator can read it:
/// `1 BOOT DEVICE INODE IDENTITY SEQUENCE WRITTEN LEFT-DATABASE LEFT-LOG`.
public struct ContinuityMark: Sendable, Equatable {
    /// Of the kernel, new with each start of the machine.
    public var boot: String
    public var device: UInt64
    public var inode: UInt64
    /// Drawn by the hub, kept in the database, and drawn anew whenever epochs are.
    public var identity: String
    /// Of the last commit with publications that anybody may have heard of.
    public var sequence: Int64
    /// Nanoseconds since 1970, like the files' own times.
    public var writtenAt: Int64
    /// When database and log were changed last, for a hub that stopped in order; else nil.
    public var left: FileTimes?

    public struct FileTimes: Sendable, Equatable {
        public let database: Int64
        /// 0 where there is none.
        public let log: Int64

        public init(database: Int64, log: Int64) {
            self.database = database
            self.log = log
        }
    }

    public init(
        boot: String, device: UInt64, inode: UInt64, identity: String, sequence: Int64,
        writtenAt: Int64, left: FileTimes? = nil
    ) {
        self.boot = boot
        self.device = device
        self.inode = inode
        self.identity = identity
        self.sequence = sequence
        self.writtenAt = writtenAt
        self.left = left
    }

    /// Of every mark: none can be left half behind a longer one.
    static let bytes = 256

    /// Nil where the boot's or the database's name has no place in a line of this length.
    var line: [UInt8]? {
        let fields = [
            "1", boot, "\(device)", "\(inode)", identity, "\(sequence)", "\(writtenAt)",
            "\(left?.database ?? -1)", "\(left?.log ?? -1)",
        ]
        let text = fields.joined(separator: " ")
        guard text.utf8.count < Self.bytes, !fields.contains("") else { return nil }
        let padding = String(repeating: " ", count: Self.bytes - 1 - text.utf8.count)
        return Array("\(text)\(padding)\n".utf8)
    }

    /// Nil for whatever is no such line.
    init?(line: [UInt8]) {
        let fields = String(decoding: line, as: UTF8.self)
            .split(whereSeparator: { $0 == " " || $0 == "\n" }).map(String.init)
        guard line.count == Self.bytes, fields.count == 9, fields[0] == "1",
            let device = UInt64(fields[2]), let inode = UInt64(fields[3]),
            let sequence = Int64(fields[5]), let writtenAt = Int64(fields[6]),
            let database = Int64(fields[7]), let log = Int64(fields[8])
        else { return nil }
        self.init(
            boot: fields[1], device: device, inode: inode, identity: fields[4],
            sequence: sequence, writtenAt: writtenAt,
            left: database < 0 ? nil : FileTimes(database: database, log: log))
    }
}
