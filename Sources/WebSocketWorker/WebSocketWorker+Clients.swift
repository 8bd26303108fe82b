import Access
import Crypto
import Daemon
import EventLoop
import Logging
import Protocol
import Realtime
import WebSockets

// What the clients do: handshakes, frames, commands, and the ends of connections.
extension WebSocketWorker: WebSocketServerDelegate {
    /// Whoever made a credential may use it at once, anywhere: what is unknown here is refused only
    /// once the hub has answered, because its answer comes behind the news that were under way.
    public func decide(_ request: HandshakeRequest) -> HandshakeDecision {
        do throws(HandshakeRefusal) {
            return try admit(request)
        } catch {
            guard case .access(let reason) = error, reason.isForWantOfNews else {
                return refuse(request, error)
            }
            return .later { [weak self] decide in
                self?.link.request({ .call($0, nil, .readiness, [:]) }) { answer in
                    guard let self else { return }
                    // Without an answer nobody knows what was under way.
                    guard case .answered = answer else {
                        return decide(self.refuse(request, .access(.unavailable)))
                    }
                    decide(self.decideNow(request))
                }
            }
        }
    }

    private func decideNow(_ request: HandshakeRequest) -> HandshakeDecision {
        do throws(HandshakeRefusal) {
            return try admit(request)
        } catch {
            return refuse(request, error)
        }
    }

    private func admit(_ request: HandshakeRequest) throws(HandshakeRefusal) -> HandshakeDecision {
        if isDraining, request.path == HandshakePolicy.path { throw .draining }
        let admission = try policy.decide(request, table, counts, at: WallClock.now)
        return .accept(subprotocol: admission.subprotocol, state: AdmissionTicket(admission))
    }

    private func refuse(
        _ request: HandshakeRequest, _ refusal: HandshakeRefusal
    ) -> HandshakeDecision {
        .refuse(refuse(refusal, RequestID(from: request.requestID)))
    }

    public func refusal(of malformed: MalformedRequest) -> HTTPRefusal {
        refuse(.malformed(malformed), RequestID(from: nil))
    }

    public func refusalWithoutDescriptors() -> HTTPRefusal {
        metrics.refused(.noDescriptors)
        if descriptorWarnings.mayLog(at: loop.now) {
            logger.error(
                "clients are refused: no descriptor is left",
                metadata: [
                    "hint": "lower webSocket.maximumConnections or raise LimitNOFILE of this unit"
                ])
        }
        return HandshakeRefusal.noDescriptors.answer(requestID: RequestID(from: nil))
    }

    private func refuse(_ refusal: HandshakeRefusal, _ id: RequestID) -> HTTPRefusal {
        metrics.refused(refusal)
        let metadata: Logger.Metadata = [
            "code": "\(refusal.code.rawValue)", "request": "\(id)",
        ]
        log("handshake refused", metadata, limit: refusal.limit)
        return refusal.answer(requestID: id)
    }

    public func opened(_ connection: WebSocketConnection) {
        guard let ticket = connection.state as? AdmissionTicket else {
            preconditionFailure("a connection was opened without an admission")
        }
        let client = ClientConnection(
            connection, outbox.open(connection), makeConnectionID(), ticket.admission, settings,
            at: loop.now)
        connection.state = client
        clients[connection.id] = client
        bySlot[client.slot] = client
        counts.opened(client.principal, address: client.address)
        let credential = client.principal.credentialID
        byCredential[credential, default: [:]][connection.id] = client
        if let expiry = ticket.admission.resolution.expiresAt {
            expiries.schedule(credential, at: expiry)
        }
        usedCredentials.insert(credential)
        metrics.accepted()
        send(
            .connected(
                client.id,
                heartbeatIntervalMilliseconds: Int(settings.heartbeatInterval.wholeMilliseconds)),
            to: client)
    }

    public func receivedFrame(on connection: WebSocketConnection) {
        guard let client = client(connection) else { return }
        client.heardAt = loop.now
        if !client.mayFrame(at: loop.now) { close(client, .tooManyCommands) }
    }

    public func received(_ message: InboundMessage, on connection: WebSocketConnection) {
        guard let client = client(connection), !client.isEnding else { return }
        guard client.mayCommand(at: loop.now) else { return close(client, .tooManyCommands) }
        let command = Self.parse(message)
        metrics.received(command)
        client.machine.received(command)
        proceed(client)
    }

    public func becameWritable(_ connection: WebSocketConnection) {
        if let client = client(connection) { outbox.becameWritable(client.slot) }
    }

    public func closed(_ connection: WebSocketConnection, _ end: ConnectionEnd) {
        guard let client = client(connection) else { return }
        detach(client)
        outbox.close(client.slot)
        bySlot[client.slot] = nil
        clients[connection.id] = nil
        counts.closed(client.principal, address: client.address)
        let credential = client.principal.credentialID
        byCredential[credential]?[connection.id] = nil
        if byCredential[credential]?.isEmpty == true {
            byCredential[credential] = nil
            expiries.cancel(credential)
        }
        metrics.ended(end.label)
        if let limit = end.limit { metrics.reached(limit) }
        logEnd(of: client, end)
        endIfDrained()
    }

    private func logEnd(of client: ClientConnection, _ end: ConnectionEnd) {
        let metadata: Logger.Metadata = [
            "connection": "\(client.id)", "reason": "\(end.label)",
            "actor": "\(client.principal.actor)", "address": "\(client.address ?? "unknown")",
        ]
        log("connection ended", metadata, limit: end.limit)
    }

    /// Ordinary ends are noise; one by a limit says which, so that an admin can raise it.
    private func log(
        _ message: Logger.Message, _ metadata: Logger.Metadata, limit: String?
    ) {
        guard let limit else { return logger.debug(message, metadata: metadata) }
        let isSaid = limitReports.note(limit, at: loop.now)
        logger.log(
            level: isSaid ? .info : .debug, message,
            metadata: metadata.merging(["limit": "\(limit)"]) { own, _ in own })
    }

    func reportLimits() {
        for (limit, count) in limitReports.take(at: loop.now) {
            logger.info(
                "a limit was met again", metadata: ["limit": "\(limit)", "times": "\(count)"])
        }
    }

    private func client(_ connection: WebSocketConnection) -> ClientConnection? {
        connection.state as? ClientConnection
    }

    private static func parse(_ message: InboundMessage) -> Result<ClientCommand, CommandError> {
        guard case .text(let text) = message else {
            return .failure(
                CommandError(.invalidMessage, "a command is a text message, not a binary one"))
        }
        do throws(CommandError) {
            return .success(try ClientCommand(parsing: text))
        } catch {
            return .failure(error)
        }
    }

    private func makeConnectionID() -> ConnectionID {
        ConnectionID(stringLiteral: SecureRandom.identifier())
    }
}

// MARK: - Ends that the worker decides

extension WebSocketWorker {
    /// Writes what is pending, takes the client out of every channel, and says why it ends.
    func close(_ client: ClientConnection, _ code: CloseCode) {
        guard !client.isEnding else { return }
        client.isEnding = true
        outbox.flush(client.slot)
        outbox.drop(client.slot)
        detach(client)
        client.socket.close(code: code.rawValue, reason: code.reason)
    }

    /// Nothing of any channel reaches the client after this.
    private func detach(_ client: ClientConnection) {
        client.isEnding = true
        attentive[client.socket.id] = nil
        client.catchUps = []
        for name in client.machine.subscriptions.keys { leave(client.identity(of: name), client) }
    }

    /// Pings those whose turn it is, closes those that were silent too long.
    func beat() {
        heartbeat.advance()
        for client in clients.values where !client.isEnding {
            switch heartbeat.verdict(for: client.socket.id, heardAt: client.heardAt, at: loop.now) {
            case .none: break
            case .ping: client.socket.ping()
            case .close: close(client, .heartbeatTimeout)
            }
        }
    }

    /// Closes what acts in the name of credentials whose time is over.
    func endExpired() {
        for credential in expiries.popDue(at: WallClock.now) {
            end(credential, .credentialEnded)
        }
    }

    func end(_ credential: CredentialID, _ code: CloseCode) {
        for client in Array((byCredential[credential] ?? [:]).values) { close(client, code) }
    }
}
