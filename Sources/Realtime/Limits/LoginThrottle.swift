/// Slows down the guessing of passwords, per account and per address.
///
/// An attempt is counted when it begins and forgiven when it succeeds, so that many at once do not
/// slip through before the first one has failed. Accounts get a short wait at most, because anybody
/// can fail in another's name; addresses get a long one. An unknown account counts like a known one.
public struct LoginThrottle: Sendable {
    /// Who is counted.
    private enum Subject: Sendable, Hashable {
        case account(String)
        case address(String)
    }

    private struct Record: Sendable {
        var failures: Int
        var lastAttempt: Duration
        var blockedUntil: Duration
    }

    /// How patient it is; each has its reason beside it.
    public struct Limits: Sendable, Equatable {
        /// Typing mistakes of one person.
        public var freeFailuresPerAccount = 5
        /// Several people behind one address.
        public var freeFailuresPerAddress = 20
        /// Long enough to make guessing useless, short enough for its owner to wait.
        public var longestAccountWait = Duration.seconds(60)
        /// No owner to spare.
        public var longestAddressWait = Duration.seconds(900)
        /// Failures older than this are forgotten.
        public var memory = Duration.seconds(3_600)
        /// Bounds the table; when it is full of fresh entries, unknown callers wait.
        public var maximumSubjects = 20_000

        /// The defaults of the product.
        public init() {}
    }

    /// Whether a password may be checked.
    public enum Action: Sendable, Equatable {
        case check
        case refuse(retryAfter: Duration)
    }

    private let limits: Limits
    private var records: [Subject: Record] = [:]

    /// Nothing counted.
    public init(limits: Limits = Limits()) {
        self.limits = limits
    }

    /// How many accounts and addresses it remembers.
    public var count: Int { records.count }

    /// Somebody wants to sign in.
    ///
    /// `account` and `address` are compared as they come: normalise them
    /// before. A refused attempt is not counted, or waiting would never end.
    public mutating func begin(account: String, address: String, at now: Duration) -> Action {
        let subjects: [Subject] = [.account(account), .address(address)]
        let wait = subjects.compactMap { records[$0].map { $0.blockedUntil - now } }.max() ?? .zero
        if wait > .zero { return .refuse(retryAfter: wait) }
        guard makeRoom(for: subjects, at: now) else {
            return .refuse(retryAfter: limits.longestAccountWait)
        }
        for subject in subjects { count(subject, at: now) }
        return .check
    }

    /// The password was right: the account begins anew, the address gets its attempt back.
    public mutating func succeeded(account: String, address: String) {
        records[.account(account)] = nil
        guard var record = records[.address(address)] else { return }
        record.failures -= 1
        record.blockedUntil = .zero
        records[.address(address)] = record.failures > 0 ? record : nil
    }

    private mutating func count(_ subject: Subject, at now: Duration) {
        var record = records[subject] ?? Record(failures: 0, lastAttempt: now, blockedUntil: .zero)
        if now - record.lastAttempt > limits.memory { record.failures = 0 }
        record.failures += 1
        record.lastAttempt = now
        record.blockedUntil = now + wait(subject, afterFailures: record.failures)
        records[subject] = record
    }

    /// None while failures are free, then 1 s, 2 s, 4 s, … up to the longest.
    private func wait(_ subject: Subject, afterFailures failures: Int) -> Duration {
        let (free, longest) =
            switch subject {
            case .account: (limits.freeFailuresPerAccount, limits.longestAccountWait)
            case .address: (limits.freeFailuresPerAddress, limits.longestAddressWait)
            }
        guard failures > free else { return .zero }
        return min(longest, .seconds(1 << min(failures - free - 1, 30)))
    }

    /// Forgets what is old when the table is full; false when all of it is fresh.
    private mutating func makeRoom(for subjects: [Subject], at now: Duration) -> Bool {
        let new = subjects.count { records[$0] == nil }
        if records.count + new <= limits.maximumSubjects { return true }
        records = records.filter { now - $0.value.lastAttempt <= limits.memory }
        return records.count + new <= limits.maximumSubjects
    }
}
