import Protocol

/// One attempt to have a connection; what comes of an earlier one is ignored.
package typealias ConnectionNumber = Int

/// Decides when to connect, when a connection is dead and whether to come back: pure, told the time
/// and the random numbers.
package struct ConnectionStateMachine {
    /// What the client's other parts have to know of an event.
    package enum Change: Equatable {
        case none
        /// The server has greeted: commands may be sent.
        case up
        /// The connection is gone, and another will come.
        case down
        /// Nothing comes back by itself.
        case ended(String)
    }

    private enum Phase {
        case disconnected
        case waiting(until: Duration)
        case fetchingToken(deadline: Duration)
        case opening(deadline: Duration)
        case connected(Liveness)
    }

    private struct Liveness {
        var since: Duration
        var lastInbound: Duration
        var probedAt: Duration?
        var interval: Duration
    }

    /// Why there is no connection any more.
    private struct Loss {
        var reason: ConnectionState.Reason
        var code: UInt16?
        var message: String?
        var failure: TransportFailure?
    }

    private let usesToken: Bool
    private var phase = Phase.disconnected
    private(set) var number: ConnectionNumber = 0
    private var failures = 0
    private var hasConnected = false
    private var told = ConnectionState.Phase.disconnected
    /// What the server asked for, for this client alone.
    private var drainDelay: Duration?

    package init(usesToken: Bool) { self.usesToken = usesToken }

    package var isConnected: Bool { if case .connected = phase { true } else { false } }
    package var isDisconnected: Bool { if case .disconnected = phase { true } else { false } }
    package var awaitsToken: Bool { if case .fetchingToken = phase { true } else { false } }

    /// When `tick` is due.
    package func deadline(_ policy: ReconnectPolicy) -> Duration? {
        switch phase {
        case .disconnected: nil
        case .waiting(let time), .fetchingToken(let time), .opening(let time): time
        case .connected(let liveness):
            if let probedAt = liveness.probedAt {
                probedAt + policy.probeTimeout
            } else {
                liveness.lastInbound + liveness.interval
            }
        }
    }
}

// MARK: - What the program wants

extension ConnectionStateMachine {
    package mutating func connect(_ turn: inout RealtimeTurn) {
        switch phase {
        case .disconnected:
            failures = 0
            hasConnected = false
            tell(.connecting, nil, &turn) { $0.attempt = 1 }
            attempt(&turn)
        case .waiting: attempt(&turn)
        case .fetchingToken, .opening, .connected: break
        }
    }

    package mutating func disconnect(_ turn: inout RealtimeTurn) -> Change {
        guard !isDisconnected else { return .none }
        leave(code: 1000, &turn)
        phase = .disconnected
        tell(.disconnected, Loss(reason: .requested), &turn)
        return .ended("disconnect was called")
    }

    /// The machine has a network again, or the program came to the foreground.
    package mutating func online(_ turn: inout RealtimeTurn) {
        switch phase {
        case .waiting(let until):
            let soon = turn.now + ReconnectPolicy.spread(turn.policy.onlineSpread, turn.random())
            phase = .waiting(until: min(until, soon))
        case .connected: probe(&turn)
        case .disconnected, .fetchingToken, .opening: break
        }
    }

    /// The machine may have lost its network.
    package mutating func offline(_ turn: inout RealtimeTurn) {
        if isConnected { probe(&turn) }
    }
}

// MARK: - What happens to a connection

extension ConnectionStateMachine {
    package mutating func tokenFetched(_ token: String?, _ turn: inout RealtimeTurn) {
        guard case .fetchingToken = phase else { return }
        open(token: token, &turn)
    }

    package mutating func tokenFailed(_ reason: String, _ turn: inout RealtimeTurn) {
        guard case .fetchingToken = phase else { return }
        turn.actions.append(.report(.tokenUnavailable(reason)))
        _ = retry(
            Loss(reason: .tokenUnavailable, message: "no token: \(reason)"), &turn)
    }

    /// The server's greeting.
    package mutating func greeted(
        heartbeatInterval: Duration?, _ turn: inout RealtimeTurn
    ) -> Change {
        guard case .opening = phase else { return .none }
        let interval = heartbeatInterval.flatMap { $0 > .zero ? $0 : nil }
        phase = .connected(
            Liveness(
                since: turn.now, lastInbound: turn.now, probedAt: nil,
                interval: interval ?? turn.policy.heartbeatInterval))
        hasConnected = true
        drainDelay = nil
        tell(.connected, nil, &turn)
        return .up
    }

    /// Anything at all came from the server.
    package mutating func heard(_ turn: inout RealtimeTurn) {
        guard case .connected(var liveness) = phase else { return }
        liveness.lastInbound = turn.now
        liveness.probedAt = nil
        phase = .connected(liveness)
    }

    /// A ping is on its way, which the server has to answer in time.
    ///
    /// - Returns: whether none was before.
    @discardableResult
    package mutating func pinged(_ turn: inout RealtimeTurn) -> Bool {
        guard case .connected(var liveness) = phase, liveness.probedAt == nil else { return false }
        liveness.probedAt = turn.now
        phase = .connected(liveness)
        return true
    }

    package mutating func draining(reconnectIn delay: Duration) { drainDelay = delay }

    package mutating func closed(
        code: UInt16, reason: String, _ turn: inout RealtimeTurn
    ) -> Change {
        if let ending = Self.ending(code) {
            return end(Loss(reason: ending, code: code, message: reason), &turn)
        }
        switch CloseCode(rawValue: code) {
        case .protocolError, .notUTF8, .frameTooLarge:
            turn.actions.append(.report(.protocolBroken(code: code, reason: reason)))
        default: break
        }
        return retry(Loss(reason: .lost, code: code, message: reason), &turn)
    }

    /// It was never open.
    package mutating func failed(
        _ failure: TransportFailure, _ turn: inout RealtimeTurn
    ) -> Change {
        if failure.httpStatus == 401 || failure.httpStatus == 403 {
            return end(Loss(reason: .refused, failure: failure), &turn)
        }
        return retry(Loss(reason: .unreachable, failure: failure), &turn)
    }

    /// The server does not answer a command.
    package mutating func dead(_ message: String, _ turn: inout RealtimeTurn) -> Change {
        let code = CloseCode.heartbeatTimeout.rawValue
        leave(code: code, &turn)
        return retry(Loss(reason: .lost, code: code, message: message), &turn)
    }

    /// The time of `deadline` has come.
    package mutating func tick(_ turn: inout RealtimeTurn) -> Change {
        guard let deadline = deadline(turn.policy), deadline <= turn.now else { return .none }
        switch phase {
        case .disconnected: break
        case .waiting: attempt(&turn)
        case .fetchingToken: return timedOut("no token", &turn)
        case .opening:
            leave(code: CloseCode.heartbeatTimeout.rawValue, &turn)
            return timedOut("no greeting", &turn)
        case .connected(let liveness):
            if liveness.probedAt != nil {
                return dead("nothing came within the heartbeat timeout", &turn)
            }
            probe(&turn)
        }
        return .none
    }
}

// MARK: - Steps

extension ConnectionStateMachine {
    private mutating func attempt(_ turn: inout RealtimeTurn) {
        number += 1
        drainDelay = nil
        guard usesToken else { return open(token: nil, &turn) }
        phase = .fetchingToken(deadline: turn.now + turn.policy.connectTimeout)
        turn.actions.append(.fetchToken(number))
    }

    private mutating func open(token: String?, _ turn: inout RealtimeTurn) {
        phase = .opening(deadline: turn.now + turn.policy.connectTimeout)
        turn.actions.append(.open(number, token: token))
    }

    private mutating func probe(_ turn: inout RealtimeTurn) {
        if pinged(&turn) { turn.send(.ping(turn.nextID(.ping))) }
    }

    private mutating func timedOut(_ what: String, _ turn: inout RealtimeTurn) -> Change {
        let message = "\(what) within \(turn.policy.connectTimeout)"
        return retry(Loss(reason: .timeout, message: message), &turn)
    }

    private mutating func retry(_ loss: Loss, _ turn: inout RealtimeTurn) -> Change {
        if case .connected(let liveness) = phase, turn.now - liveness.since >= turn.policy.stable {
            failures = 0
        }
        let code = loss.code.flatMap { CloseCode(rawValue: $0) }
        let delay =
            drainDelay
            ?? max(
                loss.failure?.retryAfter ?? .zero,
                turn.policy.delay(after: code, failures: failures, random: turn.random()))
        failures += 1
        drainDelay = nil
        phase = .waiting(until: turn.now + delay)
        number += 1
        tell(hasConnected ? .reconnecting : .connecting, loss, &turn) { [failures] in
            $0.retryIn = delay
            $0.attempt = failures
        }
        return .down
    }

    private mutating func end(_ loss: Loss, _ turn: inout RealtimeTurn) -> Change {
        phase = .disconnected
        number += 1
        tell(.disconnected, loss, &turn)
        return .ended(loss.message ?? loss.failure?.description ?? "")
    }

    /// What comes of the connection from here on is nobody's concern.
    private mutating func leave(code: UInt16, _ turn: inout RealtimeTurn) {
        switch phase {
        case .opening, .connected: turn.actions.append(.close(number, code: code))
        case .disconnected, .waiting, .fetchingToken: break
        }
        number += 1
    }

    /// 41xx, also those of newer servers, must not come back the same way.
    private static func ending(_ code: UInt16) -> ConnectionState.Reason? {
        switch CloseCode(rawValue: code)?.duty {
        case .signInFirst: .signedOut
        case .doNotReconnect: .forbidden
        case nil where (4100...4199).contains(code): .forbidden
        case nil, .reconnectIfWanted, .reconnectSoon, .reconnectWithBackoff: nil
        }
    }

    private mutating func tell(
        _ phase: ConnectionState.Phase, _ loss: Loss?, _ turn: inout RealtimeTurn,
        adding: (inout ConnectionState) -> Void = { _ in }
    ) {
        var state = ConnectionState(
            phase, previous: told, reason: loss?.reason, code: loss?.code,
            message: loss?.message ?? loss?.failure?.description, failure: loss?.failure)
        adding(&state)
        told = phase
        turn.actions.append(.changed(state))
    }
}
