import Crypto
import EventLoop
import HTTPClient
import JSON

/// Streams answers of the Messages API on an event loop.
///
/// Confined to the loop's thread. How many requests run at a time is for the caller to limit.
public final class ClaudeClient {
    private let loop: EventLoop
    private let configuration: ClaudeConfiguration
    private let http: StreamingHTTPClient

    public init(loop: EventLoop, configuration: ClaudeConfiguration) {
        self.loop = loop
        self.configuration = configuration
        http = StreamingHTTPClient(
            loop: loop, trust: HTTPTrust(caFile: configuration.caFile),
            connectTimeout: configuration.connectTimeout)
    }

    /// Asks the model, and again where that can help; `receive` is called in later iterations.
    ///
    /// Encoding costs time linear in the conversation, once an attempt. The request goes on without
    /// being held; ``ClaudeRequest/cancel()`` ends it.
    public func stream(
        _ request: MessagesRequest, _ receive: @escaping (ClaudeEvent) -> Void
    ) -> ClaudeRequest {
        let made = ClaudeRequest(
            loop: loop, http: http, configuration: configuration, request: request, receive)
        made.send()
        return made
    }
}

/// One request of a ``ClaudeClient`` under way.
public final class ClaudeRequest {
    private let loop: EventLoop
    private let http: StreamingHTTPClient
    private let configuration: ClaudeConfiguration
    /// Encoded anew for each attempt: shared with the session's history it costs no memory.
    private let request: MessagesRequest
    private var machine: ExchangeStateMachine
    private var random = SystemRandomNumberGenerator()
    private var receive: ((ClaudeEvent) -> Void)?
    private var transfer: HTTPTransfer?
    private var timer: Timer?
    /// Over the reading of an answer.
    private var watch: Timer?
    private var progress = 0

    fileprivate init(
        loop: EventLoop, http: StreamingHTTPClient, configuration: ClaudeConfiguration,
        request: MessagesRequest, _ receive: @escaping (ClaudeEvent) -> Void
    ) {
        self.loop = loop
        self.http = http
        self.configuration = configuration
        self.request = request
        self.receive = receive
        machine = ExchangeStateMachine(
            policy: configuration.retries, key: configuration.credential.secret)
    }

    /// Closes the connection at once; nothing is received any more.
    ///
    /// Without effect after the last event.
    public func cancel() {
        guard receive != nil else { return }
        transfer?.cancel()
        transfer = nil
        end()
    }

    fileprivate func send() {
        // Retained by the transfer until its end, so that a request needs no other owner.
        transfer = http.start(
            configuration.httpRequest(body: JSONValue.object(request.json).encoded()),
            proxy: configuration.proxy, idleTimeout: configuration.idleTimeout
        ) { event in
            self.received(event)
        }
        watchOver()
    }

    private func received(_ event: HTTPTransferEvent) {
        if case .ended = event { (transfer, watch) = (nil, nil) }
        let actions = machine.receive(
            event, idleTimeout: configuration.idleTimeout, using: &random)
        for action in actions { perform(action) }
        watchOver()
    }

    /// Signs of life alone are no answer: limits the time in which nothing else comes.
    private func watchOver() {
        guard receive != nil, let (isEnding, progress) = machine.patience,
            progress != self.progress || watch == nil
        else { return }
        self.progress = progress
        let limit = isEnding ? configuration.endTimeout : configuration.progressTimeout
        watch = loop.schedule(after: limit) {
            for action in self.machine.timeIsUp(after: limit, using: &self.random) {
                self.perform(action)
            }
        }
    }

    private func perform(_ action: ExchangeStateMachine.Action) {
        // A receiver may have cancelled in an action before this one.
        guard let receive else { return }
        switch action {
        case .send: send()
        case .closeConnection:
            transfer?.cancel()
            (transfer, watch) = (nil, nil)
        case .wait(let delay):
            timer = loop.schedule(after: delay) {
                self.timer = nil
                for action in self.machine.retryIsDue() { self.perform(action) }
            }
        case .deliver(let event):
            if event.isLast { end() }
            receive(event)
        }
    }

    private func end() {
        receive = nil
        timer?.cancel()
        timer = nil
        watch = nil
        guard let transfer else { return }
        // The connection of an answer that is complete is kept for the next, if it ends soon.
        watch = loop.schedule(after: configuration.endTimeout) {
            transfer.cancel()
            (self.transfer, self.watch) = (nil, nil)
        }
    }
}

extension ClaudeEvent {
    /// Whether nothing follows it.
    public var isLast: Bool {
        switch self {
        case .completed, .failed: true
        default: false
        }
    }
}
