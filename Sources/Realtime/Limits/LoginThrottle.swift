/// Slows down the guessing of passwords, per account, per address, per network and per known device.
///
/// An attempt is open from ``begin(_:at:)`` until its one ``end(_:as:at:)``. What is open counts as
/// failed, so that many at once do not slip through before the first one has failed; what was never
/// judged leaves no trace. Accounts get a short wait at most, because anybody can fail in another's
/// name; addresses and networks get a long one. An unknown account counts like a known one.
///
/// Full tables forget whoever failed least recently: a stranger who fills them shuts nobody out.
public struct LoginThrottle: Sendable {
    /// Whom an attempt is counted for; compared as they come, so normalise before.
    public enum Subject: Sendable, Hashable {
        case account(String)
        case address(String)
        case network(String)
        /// A device that the account has signed in from, or a login that proves itself anew: nobody
        /// but its holder can fail in its name.
        case device(String)
    }

    /// What a table counts.
    public enum Kind: String, Sendable, CaseIterable {
        case account, address, network, device
    }

    /// How patient it is; each has its reason beside it.
    public struct Limits: Sendable, Equatable {
        /// Typing mistakes of one person.
        public var freeFailuresPerAccount = 10
        /// Several people behind one address.
        public var freeFailuresPerAddress = 50
        /// An office, or one machine with all the addresses of its IPv6 network.
        public var freeFailuresPerNetwork = 100
        /// Long enough to make guessing useless, short enough for its owner to wait.
        public var longestAccountWait = Duration.seconds(60)
        /// No owner to spare.
        public var longestAddressWait = Duration.seconds(900)
        /// Failures older than this are forgotten.
        public var memory = Duration.seconds(900)
        /// Bounds each table: some 2 MB; filling one takes as many judged passwords, at 100 ms each.
        public var maximumSubjects = 10_000

        /// The defaults of the product.
        public init() {}
    }

    /// Whether a password may be judged; a refused attempt is not counted and has no end.
    public enum Action: Sendable, Equatable {
        case check
        case refuse(Kind, retryAfter: Duration)
    }

    /// How an attempt ended.
    public enum Outcome: Sendable {
        case right, wrong
        /// Nobody looked at the password: a full queue, a stop.
        case unjudged
    }

    private struct Record: Sendable {
        var failures = 0
        var open = 0
        var lastFailure: Duration
        var blockedUntil = Duration.zero
    }

    private let limits: Limits
    private var tables: [Kind: [Subject: Record]] = [:]
    /// How often somebody was forgotten early.
    public private(set) var evictions = 0

    /// Nothing counted.
    public init(limits: Limits = Limits()) {
        self.limits = limits
    }

    /// How many subjects it remembers.
    public var count: Int { tables.values.reduce(0) { $0 + $1.count } }

    /// Somebody wants to sign in; the longest wait of the subjects decides.
    public mutating func begin(_ subjects: [Subject], at now: Duration) -> Action {
        let waits = subjects.map { (kind: $0.kind, wait: wait(for: $0, at: now)) }
        if let longest = waits.max(by: { $0.wait < $1.wait }), longest.wait > .zero {
            return .refuse(longest.kind, retryAfter: longest.wait)
        }
        for subject in subjects {
            makeRoom(for: subject, at: now)
            tables[subject.kind, default: [:]][subject, default: Record(lastFailure: now)].open += 1
        }
        return .check
    }

    /// Ends an attempt that ``begin(_:at:)`` let through.
    ///
    /// The right password frees the account or the device of its failures; address and network keep
    /// those of others.
    public mutating func end(_ subjects: [Subject], as outcome: Outcome, at now: Duration) {
        for subject in subjects {
            guard var record = tables[subject.kind]?[subject] else { continue }
            record.open = max(0, record.open - 1)
            switch outcome {
            case .wrong:
                if now - record.lastFailure > limits.memory { record.failures = 0 }
                record.failures += 1
                record.lastFailure = now
                record.blockedUntil = now + wait(subject.kind, afterFailures: record.failures)
            case .right where subject.kind == .account || subject.kind == .device:
                record.failures = 0
                record.blockedUntil = .zero
            case .right, .unjudged:
                break
            }
            let isEmpty = record.open == 0 && record.failures == 0
            tables[subject.kind]?[subject] = isEmpty ? nil : record
        }
    }

    /// None while failures are free; behind them one attempt at a time, a second apart at least.
    private func wait(for subject: Subject, at now: Duration) -> Duration {
        guard let record = tables[subject.kind]?[subject] else { return .zero }
        if record.blockedUntil > now { return record.blockedUntil - now }
        let isOld = now - record.lastFailure > limits.memory
        let counted = (isOld ? 0 : record.failures) + record.open
        return record.open > 0 && counted >= free(subject.kind) ? .seconds(1) : .zero
    }

    /// 1 s, 2 s, 4 s, … up to the longest.
    private func wait(_ kind: Kind, afterFailures failures: Int) -> Duration {
        let over = failures - free(kind)
        guard over > 0 else { return .zero }
        let longest =
            switch kind {
            case .account, .device: limits.longestAccountWait
            case .address, .network: limits.longestAddressWait
            }
        return min(longest, .seconds(1 << min(over - 1, 30)))
    }

    private func free(_ kind: Kind) -> Int {
        switch kind {
        case .account, .device: limits.freeFailuresPerAccount
        case .address: limits.freeFailuresPerAddress
        case .network: limits.freeFailuresPerNetwork
        }
    }

    /// Forgets what is old when the table is full, or else whoever failed least recently.
    private mutating func makeRoom(for subject: Subject, at now: Duration) {
        guard var table = tables[subject.kind], table.count >= limits.maximumSubjects,
            table[subject] == nil
        else { return }
        table = table.filter { $0.value.open > 0 || now - $0.value.lastFailure <= limits.memory }
        if table.count >= limits.maximumSubjects {
            let idle = table.filter { $0.value.open == 0 }
            if let oldest = idle.min(by: { $0.value.lastFailure < $1.value.lastFailure }) {
                table[oldest.key] = nil
                evictions += 1
            }
        }
        tables[subject.kind] = table
    }
}

extension LoginThrottle.Subject {
    /// The table that counts it.
    var kind: LoginThrottle.Kind {
        switch self {
        case .account: .account
        case .address: .address
        case .network: .network
        case .device: .device
        }
    }
}
