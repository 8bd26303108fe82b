import Client
import Protocol
import Realtime
import TestSupport

// Who uses the client, and who breaks things.
extension SimulatedWorld {
    func disturb() throws {
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<36: publish(on: anyChannel)
        case 36..<46: subscribe()
        case 46..<50: dispose()
        case 50..<56: pauseOrResume()
        case 56..<66: askAndAnswer()
        case 66..<69: ping()
        case 69..<71: machine.online(at: now)
        case 71..<73: machine.offline(at: now)
        case 73..<80: cut()
        case 80..<87: close()
        case 87..<90: withdraw(anyChannel)
        case 90..<93: link?.isSilent = true
        case 93..<95: restart(losesHistory: false)
        case 95..<97: restart(losesHistory: true)
        case 97: machine.disconnect(at: now)
        default: machine.connect(at: now)
        }
        try act()
    }

    private var anyChannel: Int {
        Int.random(in: 0..<SimulatedServer.channels.count, using: &random)
    }

    /// Half of them from a position: of their channel's past, present, or of another life.
    private func subscribe() {
        let channel = anyChannel
        var since: StreamPosition?
        if random.oneIn(2) {
            var position = server.head(of: channel)
            position.offset = Int64.random(in: 0...(position.offset + 1), using: &random)
            since = random.oneIn(6) ? StreamPosition(epoch: "other", offset: 3) : position
        }
        calls += 1
        let recovers = !random.oneIn(5)
        handlers[calls] = HandlerWitness(channel: channel, recovers: recovers, since: since)
        machine.subscribe(
            calls, to: SimulatedServer.channels[channel], since: since, recovers: recovers, at: now)
    }

    private func dispose() {
        guard let id = handlers.keys.sorted().randomElement(using: &random) else { return }
        if let witness = handlers.removeValue(forKey: id) {
            tally.publications += witness.publications
            tally.gaps += witness.gaps
        }
        machine.dispose(id, at: now)
    }

    private func pauseOrResume() {
        guard let id = handlers.keys.sorted().randomElement(using: &random) else { return }
        if handlers[id]?.isPaused == true {
            handlers[id]?.isPaused = false
            machine.resume(id, at: now)
        } else {
            handlers[id]?.isPaused = true
            machine.pause(id, at: now)
        }
    }

    /// A question, and who answers it: this client, others, nobody, or several.
    private func askAndAnswer() {
        let session = Int.random(in: 0..<SimulatedServer.sessions.count, using: &random)
        guard let request = server.ask(in: session) else { return }
        publish(on: session)
        if random.oneIn(4) { endElsewhere(request) }
        if !random.oneIn(4) { respond(request, in: session) }
        if random.oneIn(4) { respond(request, in: session) }
        if random.oneIn(4) { endElsewhere(request) }
    }

    private func respond(_ request: Int, in session: Int) {
        calls += 1
        openAnswers[calls] = request
        machine.respond(
            calls,
            PermissionResponse(
                session: SimulatedServer.sessions[session],
                requestID: SimulatedServer.requestNames[request], allowed: random.oneIn(2)),
            at: now)
    }

    private func endElsewhere(_ request: Int) {
        let result =
            random.oneIn(2)
            ? server.timeOut(request)
            : server.answer(request, allowed: random.oneIn(2), by: "another")
        if case .published(let channel, let end) = result { publish(on: channel, end) }
    }

    private func ping() {
        calls += 1
        openPings.insert(calls)
        machine.ping(calls, at: now)
    }

    /// What the client said last may have arrived all the same.
    private func cut() {
        guard let link else { return }
        if link.isOpen, !link.isSilent, random.oneIn(2) {
            for command in link.takeAllForServer() { take(command, on: link) }
        }
        link.cut(at: now + delay())
    }

    private static let codes: [UInt16] = [
        1000, 1001, 1002, 1005, 1007, 1009, 1011, 1012, 1012, 4001, 4002, 4008, 4050, 4101, 4103,
        4150,
    ]

    private func close() {
        let code = Self.codes[Int.random(in: 0..<Self.codes.count, using: &random)]
        if code == 1012, random.oneIn(2) {
            let wait = Duration.milliseconds(Int.random(in: 0...5_000, using: &random))
            link?.queue(.message(ServerMessage(.draining(reconnectIn: wait))), at: now + delay())
        }
        link?.queue(.closed(code: code), at: now + delay())
        link?.held = []
    }

    private func restart(losesHistory: Bool) {
        if losesHistory { server.beginAnew() }
        link?.held = []
        if random.oneIn(2) {
            link?.queue(.closed(code: 1012), at: now + delay())
        } else {
            link?.cut(at: now + delay())
        }
    }
}

// MARK: - The end

extension SimulatedWorld {
    /// Nothing breaks any more: after a while everybody has everything, and every call its outcome.
    func calmDown() throws {
        isCalm = true
        // Who was silent stays so: the client has to find out.
        try pass(until: now + .seconds(60))
        for id in handlers.keys.sorted() where handlers[id]?.isPaused == true {
            handlers[id]?.isPaused = false
            machine.resume(id, at: now)
        }
        machine.connect(at: now)
        try act()
        try pass(until: now + .seconds(60))
        // What was left out last shows with the next one.
        for channel in SimulatedServer.channels.indices { publish(on: channel) }
        try pass(until: now + .seconds(60))
        for (id, witness) in handlers where !witness.hasFailed {
            let head = server.head(of: witness.channel)
            guard witness.isJoined, witness.position == head else {
                throw failure(
                    "handler \(id) is left at \(witness.position as Any), the head is \(head)")
            }
        }
        guard openAnswers.isEmpty else { throw failure("answers \(openAnswers) have no outcome") }
        guard openPings.isEmpty else { throw failure("pings have no outcome") }
    }
}
