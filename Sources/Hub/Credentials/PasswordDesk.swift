import Protocol
import Realtime

/// Passwords that wait to be hashed, in a bounded queue of their own before the password threads.
///
/// People whose device is known come first, in a queue that strangers cannot fill; of strangers, each
/// network in turn. Confined to the loop's thread.
package final class PasswordDesk {
    /// Who waits.
    enum Lane {
        /// A device that the account has signed in from, a login, or an admin: its own holder alone
        /// can fill its lane.
        case known(String)
        /// Anybody, by network.
        case stranger(network: String)
    }

    private struct Job: Sendable {
        let reply: Reply?
        let start: @Sendable () -> any Sendable
        let number: UInt64
    }

    private struct Ends {
        let then: (any Sendable, Iteration) throws -> Void
        let displaced: () -> Void
    }

    private let desk: Desk
    private let threads: Int
    private let metrics: HubMetrics
    private var known = TurnQueue<String, Job>()
    private var strangers = TurnQueue<String, Job>()
    private var ends: [UInt64: Ends] = [:]
    private var lastNumber: UInt64 = 0
    private var running = 0
    private var turns = 0

    /// Of each of the two queues: 32 waiting strangers are 3 s of one thread, and whoever comes after
    /// them is told to come back; as many known ones are kept out by no crowd of strangers.
    private static let limits = TurnQueue<String, Job>.Limits(maximumPerKey: 32, maximumTotal: 32)

    init(desk: Desk, threads: Int, metrics: HubMetrics) {
        self.desk = desk
        self.threads = threads
        self.metrics = metrics
    }

    /// Queues `work` for a password thread; `then` runs as a command of a later iteration.
    ///
    /// - Parameter displaced: called when it is dropped for somebody of a shorter lane; `reply` is
    ///   refused in that moment.
    /// - Throws: the refusal, where there is no room: then neither is called.
    func submit<Result: Sendable>(
        _ lane: Lane, _ reply: Reply?, _ iteration: Iteration,
        _ work: @escaping @Sendable () -> Result,
        displaced: @escaping () -> Void = {},
        then: @escaping (Result, Iteration) throws -> Void
    ) throws(OperationError) {
        lastNumber += 1
        let job = Job(reply: reply, start: { work() }, number: lastNumber)
        try enter(job, lane, iteration)
        if let reply { iteration.deferAnswer(reply) }
        ends[job.number] = Ends(
            then: { value, iteration in
                guard let result = value as? Result else {
                    preconditionFailure("the result of a password's work has another type")
                }
                try then(result, iteration)
            }, displaced: displaced)
        startNext()
    }

    private func enter(
        _ job: Job, _ lane: Lane, _ iteration: Iteration
    ) throws(OperationError) {
        switch lane {
        case .known(let name): try enter(job, &known, name, iteration)
        case .stranger(let network): try enter(job, &strangers, network, iteration)
        }
    }

    /// Where there is no room, the last of the longest lane gives way.
    private func enter(
        _ job: Job, _ queue: inout TurnQueue<String, Job>, _ lane: String, _ iteration: Iteration
    ) throws(OperationError) {
        guard queue.append(job, for: lane, Self.limits) != nil else { return }
        guard let other = queue.makeRoom(for: lane),
            queue.append(job, for: lane, Self.limits) == nil
        else { throw busy() }
        drop(other, iteration)
    }

    private func drop(_ job: Job, _ iteration: Iteration) {
        ends.removeValue(forKey: job.number)?.displaced()
        let refusal = busy()
        if let reply = job.reply { iteration.refuse(reply, refusal) }
    }

    private func startNext() {
        defer { metrics.passwordsWaiting.set(Int64(known.count + strangers.count)) }
        while running < threads, let job = next() {
            running += 1
            let isTaken = desk.offload("password", reply: job.reply, job.start) {
                [self] value, iteration in
                running -= 1
                startNext()
                try ends.removeValue(forKey: job.number)?.then(value, iteration)
            }
            // Never more is handed out than there are threads; at the stop nothing is.
            if !isTaken { running -= 1 }
        }
    }

    /// Every fourth place is a stranger's, so that a colleague who signs in without end keeps nobody
    /// on a new device out.
    private func next() -> Job? {
        turns &+= 1
        return turns % 4 == 0
            ? strangers.popFirst() ?? known.popFirst()
            : known.popFirst() ?? strangers.popFirst()
    }

    private func busy() -> OperationError {
        metrics.reached(limit: "hub.passwordQueue")
        return OperationError(
            .rateLimited, "too many passwords wait to be checked at this moment; try again",
            retryAfterSeconds: 2)
    }
}
