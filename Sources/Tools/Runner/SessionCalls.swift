import EventLoop

/// Blocking calls of sessions on a pool of threads: bounded in time, and a few at once for each
/// session, so that what hangs costs nobody else a thread.
///
/// A call whose time is over is answered without its work; its thread counts as the session's until
/// the work ends. Confined to the loop's thread.
package final class SessionCalls {
    /// How many and how long.
    package struct Limits {
        package var perSession = ToolLimits.maximumBlockingCallsPerSession
        package var threads = ToolLimits.maximumBlockingThreads
        package var queued = ToolLimits.maximumQueuedCalls
        /// From taking the call to its answer, waiting included.
        package var time: Duration
        /// After that, for a change that is being made just then.
        package var commitTime = ToolLimits.commitTime

        package init(time: Duration) { self.time = time }
    }

    /// Why a call ended before its work.
    package enum Stop: Equatable {
        case cancelled, timedOut
        /// It waited, and then no thread could be had.
        case refused
    }

    /// How a call ended.
    package enum Ending<Value> {
        case done(Value)
        /// `mayHaveChanged`: the change was being made, and nothing came back.
        case stopped(Stop, mayHaveChanged: Bool)
    }

    /// Calls whose time was over while their work hung, and still hangs.
    package private(set) var hanging = 0

    private let loop: EventLoop
    private let limits: Limits
    private let pool: BlockingPool
    private let mailbox: Mailbox<Envelope>
    private let arrivals = Arrivals()
    private var lastTicket: UInt64 = 0
    /// Threads that each session has.
    private var taken: [String: Int] = [:]
    private var waiting: [String: [SessionCall]] = [:]
    private var waitingCount = 0

    /// A result on its way.
    private struct Envelope: Sendable {
        let ticket: UInt64
        let result: any Sendable
    }

    /// Who gets which result.
    private final class Arrivals {
        var receivers: [UInt64: (any Sendable) -> Void] = [:]
    }

    package init(_ loop: EventLoop, name: String, _ limits: Limits) {
        self.loop = loop
        self.limits = limits
        pool = BlockingPool(
            name: name, maximumThreads: limits.threads, maximumQueued: limits.queued)
        // Room for everything that can be queued and running: a post never fails.
        mailbox = loop.mailbox(capacity: limits.queued + limits.threads) { [arrivals] messages in
            for message in messages {
                arrivals.receivers.removeValue(forKey: message.ticket)?(message.result)
            }
        }
    }

    /// Runs `work` on a thread, then `ended` on the loop, once and never during this call.
    /// - Returns: nil when too much is waiting already, and nothing will happen.
    package func run<Value: Sendable>(
        for session: String, _ work: @escaping @Sendable (Cancellation) -> Value,
        then ended: @escaping (Ending<Value>) -> Void
    ) -> SessionCall? {
        guard arrivals.receivers.count + waitingCount < limits.queued else { return nil }
        let closing = SessionCall.Closing { result in
            guard let value = result as? Value else {
                preconditionFailure("a ticket's result has the type of its work")
            }
            ended(.done(value))
        } stopped: { stop, mayHaveChanged in
            ended(.stopped(stop, mayHaveChanged: mayHaveChanged))
        }
        let call = SessionCall(session, of: self, closing, work)
        if taken[session, default: 0] < limits.perSession {
            guard start(call) else { return nil }
        } else {
            waiting[session, default: []].append(call)
            waitingCount += 1
        }
        call.deadline = loop.schedule(after: limits.time) { [weak self, weak call] in
            if let call { self?.end(call, .timedOut) }
        }
        return call
    }

    private func start(_ call: SessionCall) -> Bool {
        guard let work = call.work else { return false }
        call.work = nil
        lastTicket += 1
        let ticket = lastTicket
        let mailbox = mailbox
        let isTaken = pool.run {
            let result = work()
            // Full can't be, and a closed mailbox means that nobody waits.
            _ = mailbox.post(Envelope(ticket: ticket, result: result))
        }
        guard isTaken else { return false }
        taken[call.session, default: 0] += 1
        arrivals.receivers[ticket] = { [weak self] result in
            self?.arrived(call, result)
        }
        return true
    }

    private func arrived(_ call: SessionCall, _ result: any Sendable) {
        let left = taken[call.session, default: 1] - 1
        taken[call.session] = left > 0 ? left : nil
        if call.isHanging { hanging -= 1 }
        startNext(of: call.session)
        call.close()?.answer(result)
    }

    private func startNext(of session: String) {
        while taken[session, default: 0] < limits.perSession, let call = waiting[session]?.first {
            remove(call)
            if !start(call) { call.close()?.stopped(.refused, false) }
        }
    }

    private func remove(_ call: SessionCall) {
        guard let place = waiting[call.session]?.firstIndex(where: { $0 === call }) else { return }
        waiting[call.session]?.remove(at: place)
        if waiting[call.session]?.isEmpty == true { waiting[call.session] = nil }
        waitingCount -= 1
    }

    /// Its time is over, or nobody wants it any more; only the first reason counts.
    fileprivate func end(_ call: SessionCall, _ stop: Stop) {
        guard call.isOpen, call.stop == nil else { return }
        call.stop = stop
        remove(call)
        if call.cancellation.cancel() { return leave(call, stop, mayHaveChanged: false) }
        call.deadline = loop.schedule(after: limits.commitTime) { [weak self, weak call] in
            if let call { self?.leave(call, stop, mayHaveChanged: true) }
        }
    }

    private func leave(_ call: SessionCall, _ stop: Stop, mayHaveChanged: Bool) {
        guard let closing = call.close() else { return }
        if call.work == nil {
            call.isHanging = true
            hanging += 1
        }
        call.work = nil
        closing.stopped(stop, mayHaveChanged)
    }
}

/// One call of ``SessionCalls``; confined to the loop's thread.
package final class SessionCall {
    fileprivate struct Closing {
        let answer: (any Sendable) -> Void
        let stopped: (SessionCalls.Stop, Bool) -> Void
    }

    fileprivate let session: String
    fileprivate let cancellation = Cancellation()
    private weak var owner: SessionCalls?
    /// Nil once a thread has it.
    fileprivate var work: (@Sendable () -> any Sendable)?
    fileprivate var deadline: Timer?
    fileprivate var stop: SessionCalls.Stop?
    fileprivate var isHanging = false
    /// Nil once the call is answered.
    private var closing: Closing?

    fileprivate init(
        _ session: String, of owner: SessionCalls, _ closing: Closing,
        _ work: @escaping @Sendable (Cancellation) -> any Sendable
    ) {
        self.session = session
        self.owner = owner
        self.closing = closing
        self.work = { [cancellation] in work(cancellation) }
    }

    fileprivate var isOpen: Bool { closing != nil }

    /// Ends it: its end comes now, or when a change that is being made is done.
    package func cancel() { owner?.end(self, .cancelled) }

    /// What to tell, the first time only.
    fileprivate func close() -> Closing? {
        deadline = nil
        defer { closing = nil }
        return closing
    }
}
