import EventLoop
import Logging
import Protocol
import Realtime
import System

/// A process's link to the hub: connects, greets, asks, and connects again when it is lost.
///
/// Confined to its loop's thread. Answers and pushes arrive in the order in which they took effect
/// in the hub, each answer through the closure of its request, pushes through ``onPush``.
///
/// A hub that leaves any request without an answer for ``answerDeadline`` counts as lost, so that
/// a stuck hub and a dead one look the same: every open request ends with ``Answer/lost``.
public final class HubLink {
    /// How a request ended, exactly once.
    public enum Answer: Equatable, Sendable {
        /// `subscribed`, `page` or `result`.
        case answered(HubMessage)
        case refused(OperationError)
        /// The link was down: nothing was sent.
        case unsent
        /// The link went down before an answer came; whether it took effect is unknown.
        case lost
    }

    /// The hub greeted; the credential table and other pushes follow.
    public var onUp: ((Welcome) -> Void)?
    public var onPush: ((HubMessage) -> Void)?
    /// Called once for each ``onUp``, after every open request was answered ``Answer/lost``.
    public var onDown: ((IPCEnd) -> Void)?
    /// Called whenever a connection was tried and nobody listens: no hub runs.
    public var onAbsent: (() -> Void)?

    /// Whether the hub has greeted and the link stands.
    public private(set) var isUp = false

    public static let answerDeadline: Duration = .seconds(5)
    private static let lookInterval: Duration = .milliseconds(500)

    private let loop: EventLoop
    private let path: String
    private let hello: Hello
    private let logger: Logger
    private let maximumQueueBytes: Int
    /// A try costs a system call or two, and whoever waits for the hub waits for clients.
    private var backoff = Backoff(first: .milliseconds(20), maximum: .milliseconds(250))
    private var random = SystemRandomNumberGenerator()
    private var connection: IPCConnection?
    private var waiting: [Int64: (deadline: Duration, answer: (Answer) -> Void)] = [:]
    /// What was without an answer past its deadline at the last look.
    private var lateBefore: Set<Int64> = []
    private var nextRequest: Int64 = 1
    private var retry: Timer?
    private var watchdog: Timer?
    private var unsent: [() -> Void] = []
    private var unsentAnswers: Timer?
    private var flusher: EndOfIterationWatcher?
    private var isStopped = true
    private var hasBeenUp = false
    private var lastFailure: String?

    /// - Parameter maximumQueueBytes: what may wait for the hub; beyond it the link is lost.
    public init(
        loop: EventLoop, path: String, hello: Hello, logger: Logger,
        maximumQueueBytes: Int = 64 * 1024 * 1024
    ) {
        self.loop = loop
        self.path = path
        self.hello = hello
        self.logger = logger
        self.maximumQueueBytes = maximumQueueBytes
    }

    /// Connects, and keeps trying until ``stop()``.
    public func start() {
        precondition(isStopped, "a hub link is started once")
        isStopped = false
        flusher = loop.atEndOfIteration { [weak self] in self?.connection?.flush() }
        watchdog = loop.schedule(after: Self.lookInterval) { [weak self] in self?.checkDeadlines() }
        connect()
    }

    /// Sends what is queued and ends; open requests end as lost.
    public func stop() {
        guard !isStopped else { return }
        isStopped = true
        retry?.cancel()
        watchdog?.cancel()
        connection?.close()
        flusher?.cancel()
    }

    /// Asks the hub; `answer` is called exactly once, never before this returns.
    ///
    /// - Parameter message: makes the message from the request's number.
    public func request(
        _ message: (Int64) -> PeerMessage, _ answer: @escaping (Answer) -> Void
    ) {
        let number = nextRequest
        nextRequest += 1
        guard isUp, let connection else {
            return answerSoon { answer(.unsent) }
        }
        guard connection.send(message(number).envelope) else {
            return answerSoon { answer(.refused(Self.tooLarge)) }
        }
        guard isUp else { return answerSoon { answer(.lost) } }
        waiting[number] = (loop.now + Self.answerDeadline, answer)
    }

    /// Tells the hub something that has no answer; dropped while the link is down.
    public func tell(_ message: PeerMessage) {
        guard isUp else { return }
        connection?.send(message.envelope)
    }

    private static let tooLarge = OperationError(
        .payloadTooLarge,
        "the request is over \(Envelope.maximumBytes) bytes once it is encoded; send it in parts")

    /// Answers a request that never left, after the caller has returned.
    private func answerSoon(_ answer: @escaping () -> Void) {
        unsent.append(answer)
        guard unsent.count == 1 else { return }
        unsentAnswers = loop.schedule(after: .zero) { [weak self] in
            guard let self else { return }
            let answers = unsent
            unsent = []
            for answer in answers { answer() }
        }
    }

    private func connect() {
        guard !isStopped else { return }
        let descriptor: Int32
        do throws(UnixSocketError) {
            descriptor = try UnixSocket.connect(to: path)
        } catch {
            if error.isAbsence { onAbsent?() }
            return retryLater(because: "\(error)")
        }
        let connection = IPCConnection(
            loop: loop, descriptor: descriptor, maximumQueueBytes: maximumQueueBytes)
        connection.onMessage = { [weak self] envelope in self?.received(envelope) }
        connection.onEnd = { [weak self] reason in self?.ended(reason) }
        self.connection = connection
        connection.send(hello.envelope)
        waiting[0] = (loop.now + Self.answerDeadline, { _ in })
    }

    private func received(_ envelope: Envelope) {
        let message: HubMessage
        do throws(WireError) {
            message = try HubMessage(envelope)
        } catch {
            connection?.close(.malformed(error))
            return
        }
        switch message {
        case .welcome(let welcome):
            greeted(welcome)
        case .subscribed(let number, _, _), .page(let number, _), .result(let number, _),
            .resultText(let number, _):
            answer(number, .answered(message))
        case .refused(let number, let error):
            answer(number, .refused(error))
        case .credentials, .delivery, .withdrawn, .announcement, .agent:
            onPush?(message)
        }
    }

    private func greeted(_ welcome: Welcome) {
        guard !isUp else {
            connection?.close(.outOfTurn("a second welcome"))
            return
        }
        isUp = true
        hasBeenUp = true
        waiting[0] = nil
        backoff.reset()
        lastFailure = nil
        logger.info("hub link is up", metadata: ["hub": "\(welcome.instance)"])
        onUp?(welcome)
    }

    private func answer(_ number: Int64, _ answer: Answer) {
        guard let open = waiting.removeValue(forKey: number) else {
            connection?.close(.outOfTurn("an answer to request \(number), which is not open"))
            return
        }
        open.answer(answer)
    }

    /// A deadline counts once it has passed at two looks: where it was this process that stood still,
    /// the answer waits in the socket, and is read in between.
    private func checkDeadlines() {
        // From now on, not from when it was due: no two looks follow each other after a standstill.
        watchdog?.reschedule(after: Self.lookInterval)
        let late = Set(waiting.filter { $0.value.deadline <= loop.now }.keys)
        let isLost = !late.isDisjoint(with: lateBefore)
        lateBefore = late
        if isLost { connection?.close(.tooLate("an answer of the hub")) }
    }

    private func ended(_ reason: IPCEnd) {
        connection = nil
        let open = waiting.filter { $0.key != 0 }.sorted { $0.key < $1.key }
        waiting = [:]
        let wasUp = isUp
        isUp = false
        for entry in open { entry.value.answer(.lost) }
        if wasUp { onDown?(reason) }
        retryLater(because: "\(reason)")
    }

    /// Logged once per kind of failure, not once per try.
    private func retryLater(because failure: String) {
        guard !isStopped else { return }
        if failure != lastFailure {
            // At start the hub may come a moment later: that is no warning yet.
            logger.log(
                level: hasBeenUp ? .warning : .info,
                hasBeenUp ? "hub link is down, trying again" : "waiting for the hub",
                metadata: ["socket": "\(path)", "reason": "\(failure)"])
            lastFailure = failure
        }
        retry = loop.schedule(after: backoff.next(using: &random)) { [weak self] in
            self?.connect()
        }
    }
}
