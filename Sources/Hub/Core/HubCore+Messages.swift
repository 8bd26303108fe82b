import Daemon
import IPC
import JSON
import Protocol
import Realtime

/// What peers say, message by message.
extension HubCore {
    func apply(
        _ message: PeerMessage, from id: PeerID, _ iteration: Iteration
    ) throws {
        // Left in this very iteration: nobody hears an answer, and an acknowledgement that nobody
        // got promises nothing.
        guard let peer = peers[id] else { return }
        if let objection = peer.hello.role.objection(to: message) {
            return iteration.add(.close(id, .outOfTurn(objection)))
        }
        let reply = message.request.map { Reply(peer: id, request: $0) }
        let isDone = try attempt(message.kind.rawValue, reply, iteration) {
            try perform(message, for: id, peer.hello.role, iteration)
        }
        if !isDone, !store.takesWrites { noteUnstored(message) }
    }

    /// The worker says it again, and nothing that came after it may be taken before.
    func noteUnstored(_ message: PeerMessage) {
        if case .report(_, let report) = message { runs.unstored(report) }
    }

    private func perform(
        _ message: PeerMessage, for peer: PeerID, _ role: Hello.Role, _ iteration: Iteration
    ) throws {
        switch message {
        case .subscribe(let request, let credential, let channel, let since):
            let principal = try principal(credential, on: channel, iteration)
            try subscribing.join(
                channel, for: principal, since: since, Reply(peer: peer, request: request),
                iteration)
        case .read(let request, let credential, let channel, let since):
            let principal = try principal(credential, on: channel, iteration)
            try subscribing.read(
                channel, for: principal, since: since, Reply(peer: peer, request: request),
                iteration)
        case .resume(let request, let team, let channel, let since):
            guard try iteration.store.team(team) != nil else {
                throw OperationError(.channelForbidden, "there is no team \(team)")
            }
            try subscribing.rejoin(
                channel, for: team, since: since, Reply(peer: peer, request: request), iteration)
        case .release(let channel):
            channels.leave(channel, peer)
        case .publish(let request, let credential, let events, let texts):
            let caller = try caller(credential, role, peer, iteration)
            try publishing.publish(
                events, texts: texts, for: caller, Reply(peer: peer, request: request), iteration)
        case .call(let request, let credential, let operation, let parameters):
            let call = { [unowned self] (iteration: Iteration) in
                OperationCall(
                    operation: operation, parameters: parameters,
                    caller: try caller(credential, role, peer, iteration), iteration: iteration)
            }
            try operations.run(
                try call(iteration), Reply(peer: peer, request: request), reads, again: call)
        case .used(let ids):
            try noteUse(of: ids, iteration)
        case .stats(let report):
            guard let stats = MetricsSnapshot(json: .object(report)) else {
                return iteration.add(.close(peer, .malformed(.badField("metrics"))))
            }
            peers.setStats(stats, of: peer)
        case .ready(let readiness):
            try runs.ready(readiness, peer, iteration)
        case .kept(let sessions):
            for session in sessions where try iteration.store.session(session) == nil {
                iteration.send(.agent(.sessionDeleted(session)), to: peer)
            }
        case .report(let request, let report):
            try runs.report(report, Reply(peer: peer, request: request), iteration)
        }
    }

    private var subscribing: Subscribing {
        Subscribing(
            channels: channels, access: access, seam: { [unowned self] in sessions },
            metrics: metrics)
    }

    var publishing: Publishing {
        Publishing(
            channels: channels, access: access, seam: { [unowned self] in sessions },
            metrics: metrics)
    }

    /// On an open connection a credential that is gone reads nothing; its close code is on its way.
    private func principal(
        _ credential: CredentialID, on channel: ChannelIdentity, _ iteration: Iteration
    ) throws(OperationError) -> Principal {
        do {
            return try credentials.principal(credential, at: iteration.now)
        } catch {
            throw OperationError(.channelForbidden, "\(channel.name): \(error.message)")
        }
    }

    private func caller(
        _ credential: CredentialID?, _ role: Hello.Role, _ peer: PeerID, _ iteration: Iteration
    ) throws(OperationError) -> Caller {
        guard let credential else {
            return switch role {
            case .cli: .local
            case .agentWorker: .agentWorker(peer)
            case .webSocketWorker, .fastCGIWorker: .anonymous
            }
        }
        return .principal(try credentials.principal(credential, at: iteration.now))
    }
}
