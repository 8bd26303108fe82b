import Protocol
import Realtime

/// A client of `/ws` that comes back by itself and misses nothing, or says what it missed.
///
/// Performs what a ``RealtimeStateMachine`` decides: opens connections, hands over messages, keeps
/// the time. Made disconnected; ``connect()`` begins. The last reference closes the connection.
public actor RealtimeClient {
    /// One handler of a channel.
    public struct Listener: Sendable, Hashable {
        let id: HandlerID
    }

    public typealias Handler = @Sendable (ChannelMessage) throws -> Void

    /// States that are kept for a reader that lags behind.
    public static let maximumBufferedStates = 64
    /// Events that are kept for a reader that lags behind.
    public static let maximumBufferedEvents = 1_024

    let options: RealtimeOptions
    private let transport: any WebSocketTransport
    var machine: RealtimeStateMachine
    private var isActing = false
    private var numbers = 0
    var handlers: [HandlerID: (channel: ChannelName, body: Handler)] = [:]
    var buffers: [HandlerID: MessageBuffer] = [:]
    var answers: [CallID: @Sendable (Result<AnswerOutcome, RealtimeError>) -> Void] = [:]
    var pings: [CallID: @Sendable (Result<Duration, RealtimeError>) -> Void] = [:]
    private var connection: (number: ConnectionNumber, socket: any TransportConnection)?
    /// One a connection, until its last event; a connection that was given up has seconds.
    private var pumps: [ConnectionNumber: Task<Void, Never>] = [:]
    private var tokenTask: Task<Void, Never>?
    private var tokenFetches = 0
    private var alarm: (time: Duration, task: Task<Void, Never>)?
    private var stateStreams = Broadcast<ConnectionState>()
    private var eventStreams = Broadcast<RealtimeEvent>()
    /// What the client's connection is doing.
    public private(set) var state = ConnectionState(.disconnected, previous: .disconnected)

    public init(_ options: RealtimeOptions, over transport: any WebSocketTransport) {
        self.options = options
        self.transport = transport
        machine = RealtimeStateMachine(
            policy: options.policy, usesToken: options.token != nil, random: options.random)
    }

    deinit {
        for task in pumps.values { task.cancel() }
        tokenTask?.cancel()
        alarm?.task.cancel()
        for buffer in buffers.values { buffer.finish() }
        stateStreams.finish()
        eventStreams.finish()
    }

    /// Connects, and comes back whenever the connection is lost; where it waits, it tries at once.
    public func connect() { run { $0.connect(at: $1) } }

    /// Closes with 1000 and stays away; handlers are kept, and go on after another ``connect()``.
    ///
    /// Permission answers that were not acknowledged fail with ``RealtimeError/disconnected(_:)``.
    public func disconnect() { run { $0.disconnect(at: $1) } }

    /// The machine has a network again, or the program came to the foreground: looks at once.
    public func networkAppeared() { run { $0.online(at: $1) } }

    /// The machine may have lost its network: finds out soon.
    public func networkDisappeared() { run { $0.offline(at: $1) } }

    /// Every state from now on; of a slow reader the oldest are dropped.
    public func states() -> AsyncStream<ConnectionState> {
        stateStreams.stream(keeping: Self.maximumBufferedStates)
    }

    /// Everything that happens from now on; of a slow reader the oldest are dropped.
    public func events() -> AsyncStream<RealtimeEvent> {
        eventStreams.stream(keeping: Self.maximumBufferedEvents)
    }

    func nextNumber() -> Int {
        numbers += 1
        return numbers
    }

    /// Decides, acts, and sets the alarm anew.
    func run(_ decide: (inout RealtimeStateMachine, Duration) -> Void) {
        decide(&machine, options.clock.now)
        // Called while it acts, as by a handler: what was decided is done after what was before.
        guard !isActing else { return }
        isActing = true
        while case let actions = machine.takeActions(), !actions.isEmpty {
            for action in actions { perform(action) }
        }
        isActing = false
        setAlarm()
    }
}

// MARK: - Acting

extension RealtimeClient {
    private func perform(_ action: RealtimeAction) {
        switch action {
        case .fetchToken(let number): fetchToken(number)
        case .open(let number, let token): open(number, token)
        case .close(let number, let code):
            guard let connection, connection.number == number else { return }
            connection.socket.close(code: code, reason: "")
            self.connection = nil
        case .send(let command): connection?.socket.send(command.text)
        case .changed(let state):
            self.state = state
            if state.phase == .disconnected { tokenTask?.cancel() }
            stateStreams.send(state)
            tell(.state(state))
        case .tell(let id, let message): tell(id, message)
        case .report(let error): tell(.error(error))
        case .answered(let call, let result): answers.removeValue(forKey: call)?(result)
        case .ponged(let call, let result): pings.removeValue(forKey: call)?(result)
        }
    }

    private func tell(_ event: RealtimeEvent) {
        options.observer?(event)
        eventStreams.send(event)
    }

    private func tell(_ id: HandlerID, _ message: ChannelMessage) {
        guard let handler = handlers[id] else { return }
        do {
            try handler.body(message)
        } catch {
            tell(.error(.handlerFailed(handler.channel, "\(error)")))
        }
    }

    private func open(_ number: ConnectionNumber, _ token: String?) {
        let request = TransportRequest(
            url: options.url, headers: options.headers,
            subprotocols: ["switchboard.v1"] + (token.map { ["bearer.\($0)"] } ?? []),
            caFile: options.caFile,
            // The client's own clock decides; this is for a transport that outlives it.
            connectTimeout: options.policy.connectTimeout + .seconds(1))
        let socket = transport.open(request)
        connection = (number, socket)
        pumps[number] = Task { [weak self] in
            while let event = await socket.next() {
                guard let self else { return }
                await self.took(event, of: number)
            }
            await self?.ended(number)
        }
    }

    private func took(_ event: TransportEvent, of number: ConnectionNumber) {
        switch event {
        case .opened: break
        case .text(let text): received(text, on: number)
        case .closed(let code, let reason):
            run { $0.closed(number, code: code, reason: reason, at: $1) }
        case .failed(let failure): run { $0.failed(number, failure, at: $1) }
        }
    }

    private func received(_ text: [UInt8], on number: ConnectionNumber) {
        guard connection?.number == number else { return }
        if options.observer != nil || eventStreams.isHeard { tell(.message(text)) }
        do throws(RealtimeError) {
            let message = try ServerMessage(parsing: text)
            run { $0.received(number, message, at: $1) }
        } catch {
            run { $0.received(number, unreadable: error, at: $1) }
        }
    }

    private func ended(_ number: ConnectionNumber) {
        pumps[number] = nil
        if connection?.number == number { connection = nil }
    }

    private func fetchToken(_ number: ConnectionNumber) {
        tokenTask?.cancel()
        guard let token = options.token else { return }
        tokenFetches += 1
        tokenTask = Task { [weak self] in
            do {
                let value = try await token()
                await self?.run { $0.tokenFetched(number, value, at: $1) }
            } catch {
                await self?.run { $0.tokenFailed(number, "\(error)", at: $1) }
            }
        }
    }
}

// MARK: - What is under way

extension RealtimeClient {
    /// The number of the token that is waited for, from 1; nil where none is.
    package var openTokenFetch: Int? { machine.awaitsToken ? tokenFetches : nil }
}

// MARK: - Time

extension RealtimeClient {
    /// When ``tick()`` is due.
    package var deadline: Duration? { machine.deadline }

    /// Does what the time asks for.
    package func tick() { run { $0.tick(at: $1) } }

    /// An alarm that rings too early is set again: what comes in puts it off all the time.
    private func setAlarm() {
        guard let deadline = machine.deadline else {
            alarm?.task.cancel()
            alarm = nil
            return
        }
        if let alarm, alarm.time <= deadline { return }
        alarm?.task.cancel()
        let clock = options.clock
        let task = Task { [weak self] in
            do { try await clock.sleep(until: deadline) } catch { return }  // Set anew.
            await self?.rang(deadline)
        }
        alarm = (deadline, task)
    }

    private func rang(_ time: Duration) {
        guard alarm?.time == time else { return }
        alarm = nil
        tick()
    }
}
