import Client
import JSON
import Protocol
import Realtime
import TestSupport

/// One random history: a client, its server, what lies between them, and who uses and breaks it.
///
/// Everything follows from the seed. Throws a ``HistoryFailure`` where the client breaks a promise.
final class SimulatedWorld {
    /// What happened in a history, to see that histories hold something.
    struct Tally {
        var publications = 0
        var gaps = 0
        var connections = 0
        var answers = 0

        static func += (left: inout Tally, right: Tally) {
            left.publications += right.publications
            left.gaps += right.gaps
            left.connections += right.connections
            left.answers += right.answers
        }
    }

    let seed: UInt64
    /// Whether everything that happens is printed.
    let isTraced: Bool
    var random: SplitMix64
    var now: Duration = .zero
    var server: SimulatedServer
    var machine: RealtimeStateMachine
    var link: SimulatedLink?
    /// Nothing breaks any more.
    var isCalm = false
    var handlers: [HandlerID: HandlerWitness] = [:]
    var calls = 0
    /// Answers and pings that were not settled.
    var openAnswers: [CallID: Int] = [:]
    var openPings: Set<CallID> = []
    var tally = Tally()

    init(seed: UInt64, isTraced: Bool = false) {
        self.seed = seed
        self.isTraced = isTraced
        var random = SplitMix64(seed: seed)
        server = SimulatedServer(maximumHistory: Int.random(in: 0...12, using: &random))
        var jitter = SplitMix64(seed: random.next())
        machine = RealtimeStateMachine(usesToken: random.oneIn(4)) {
            Double(jitter.next() >> 11) * 0x1p-53
        }
        self.random = random
    }

    /// Runs the history to its end.
    func run() throws -> Tally {
        machine.connect(at: now)
        try act()
        for _ in 0..<40 {
            try pass(until: now + pause())
            try disturb()
        }
        try calmDown()
        for witness in handlers.values {
            tally.publications += witness.publications
            tally.gaps += witness.gaps
        }
        return tally
    }

    /// Mostly shorter than a round trip, sometimes longer than every patience.
    private func pause() -> Duration {
        let most = [20, 200, 200, 2_000, 2_000, 12_000][Int.random(in: 0..<6, using: &random)]
        return .milliseconds(Int.random(in: 0...most, using: &random))
    }

    func delay() -> Duration {
        .milliseconds(Int.random(in: 0...(random.oneIn(8) ? 3_000 : 120), using: &random))
    }

    func trace(_ who: String, _ what: @autoclosure () -> Any) {
        if isTraced { print(now, who, what()) }
    }

    func failure(_ reason: String) -> HistoryFailure {
        HistoryFailure(seed: seed, time: now, reason: reason)
    }

    /// Lets everything happen that is due up to then, in order.
    func pass(until end: Duration) throws {
        var ticks = 0
        while let next = [machine.deadline, link?.nextTime].compactMap({ $0 }).min(), next <= end {
            let before = now
            now = max(now, next)
            if let link, let time = link.nextTime, time <= now {
                try arrive(link)
            } else {
                // A delay may be nothing, but not again and again.
                ticks = now == before ? ticks + 1 : 0
                guard ticks < 10 else { throw failure("the alarm goes off again and again") }
                machine.tick(at: now)
                try act()
            }
        }
        now = end
    }

    private func arrive(_ link: SimulatedLink) throws {
        if let command = link.takeForServer(at: now) { return take(command, on: link) }
        switch link.takeForClient(at: now) {
        case .message(let message):
            trace("arrives", message.content)
            if case .connected = message.content { link.isOpen = true }
            machine.received(link.number, message, at: now)
        case .closed(let code):
            self.link = nil
            machine.closed(link.number, code: code, reason: "", at: now)
        case .failed(let failure):
            self.link = nil
            machine.failed(link.number, failure, at: now)
        case nil: break
        }
        try act()
    }
}

/// How a client broke a promise.
struct HistoryFailure: Error, CustomStringConvertible {
    let seed: UInt64
    let time: Duration
    let reason: String

    var description: String { "history of seed \(seed), after \(time): \(reason)" }
}

// MARK: - The client's actions

extension SimulatedWorld {
    /// Performs what the client decided.
    func act() throws {
        while case let actions = machine.takeActions(), !actions.isEmpty {
            for action in actions {
                trace("client", action)
                try perform(action)
            }
        }
    }

    private func perform(_ action: RealtimeAction) throws {
        switch action {
        case .fetchToken(let number):
            if !isCalm && random.oneIn(10) {
                machine.tokenFailed(number, "none", at: now)
            } else {
                machine.tokenFetched(number, "token", at: now)
            }
        case .open(let number, _): open(number)
        case .close(let number, _): if link?.number == number { abandon() }
        case .send(let command): link?.queue(command, at: now + delay())
        case .changed, .report: break
        case .tell(let id, let message):
            guard let problem = handlers[id]?.told(message) else {
                if handlers[id] == nil { throw failure("a handler that is gone was told") }
                return
            }
            throw failure("handler \(id): \(problem)")
        case .answered(let call, let result): try answered(call, result)
        case .ponged(let call, _):
            guard openPings.remove(call) != nil else { throw failure("a ping settled twice") }
        }
    }

    private func answered(
        _ call: CallID, _ result: Result<AnswerOutcome, RealtimeError>
    ) throws {
        guard let request = openAnswers.removeValue(forKey: call) else {
            throw failure("an answer settled twice")
        }
        tally.answers += 1
        let truth = server.requests[request]?.state
        switch (result, truth) {
        case (.success(.resolved(let allowed, _, _)), .resolved(let truly)):
            if allowed != truly { throw failure("answer \(request) was taken the other way") }
        case (.success(.alreadyResolved), .resolved), (.success(.alreadyResolved), .timedOut): break
        case (.success(.timeout), .timedOut), (.success(.notFound), nil): break
        // A restart may have lost what was said before.
        case (.success, nil), (.failure(.disconnected), _): break
        default: throw failure("answer \(request) is \(result), in truth \(truth as Any)")
        }
    }

    private func open(_ number: Int) {
        abandon()
        let link = SimulatedLink(number: number)
        self.link = link
        tally.connections += 1
        let fate = isCalm ? 100 : Int.random(in: 0..<100, using: &random)
        switch fate {
        case 0..<6: link.isSilent = true
        case 6..<12: link.queue(.closed(code: 1006), at: now + delay())
        case 12..<20: refuse(link, fate)
        default:
            link.queue(
                .message(ServerMessage(.connected(heartbeatInterval: nil))), at: now + delay())
        }
    }

    private func refuse(_ link: SimulatedLink, _ fate: Int) {
        let failure =
            switch fate {
            case 12: TransportFailure(httpStatus: 401, description: "401")
            case 13, 14:
                TransportFailure(httpStatus: 503, retryAfter: .seconds(2), description: "503")
            default: TransportFailure(httpStatus: 502, description: "502")
            }
        link.queue(.failed(failure), at: now + delay())
    }

    /// The client has left; some of what it said last may still arrive.
    func abandon() {
        guard let link else { return }
        self.link = nil
        guard link.isOpen, !link.isSilent, random.oneIn(2) else { return }
        link.isEnding = true
        for command in link.takeAllForServer() { take(command, on: link) }
    }
}
