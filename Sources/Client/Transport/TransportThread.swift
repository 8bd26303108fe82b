import EventLoop
import Glibc
import Synchronization
import System
import WebSockets

/// The thread of all libwebsockets connections of this process.
final class TransportThread: Sendable {
    static let shared = TransportThread()

    private struct State {
        var isRunning = false
        /// To be looked after, each once; as many at most as there are connections.
        var woken: [TransportExchange] = []
        /// Once the loop is there.
        var bell: Mailbox<Void>?
        var isProcessEnding = false
    }

    private let state = Mutex(State())
    private let standstill = Semaphore()

    /// Has the loop take the orders of an exchange; from any thread.
    func wake(_ exchange: TransportExchange) {
        let starts = state.withLock { state in
            state.woken.append(exchange)
            // A bell that rings already is as good.
            _ = state.bell?.post(())
            defer { state.isRunning = true }
            return !state.isRunning
        }
        if starts { NamedThread.start("websockets") { [self] in run() } }
    }

    private func run() {
        do {
            let loop = try EventLoop()
            let connections = try TransportConnections(loop)
            let bell = loop.mailbox(capacity: 1) { [unowned self] (_: [Void]) in
                if isProcessEnding { standStill() }
                for exchange in takeWoken() { connections.serve(exchange) }
            }
            state.withLock { $0.bell = bell }
            _ = atexit { TransportThread.shared.awaitStandstill() }
            _ = bell.post(())
            loop.run()
        } catch {
            // No descriptor or memory for it: the next connection may find some.
            let failure = TransportFailure(description: "\(error)")
            let woken = state.withLock { state in
                state.isRunning = false
                defer { state.woken = [] }
                return state.woken
            }
            for exchange in woken { _ = exchange.deliver(.failed(failure)) }
        }
    }

    private var isProcessEnding: Bool { state.withLock { $0.isProcessEnding } }

    /// For the last moments of the process.
    private func standStill() -> Never {
        standstill.signal()
        while true { pause() }
    }

    /// Called by `exit`, before OpenSSL's handler, which is older and frees what the thread is using.
    private func awaitStandstill() {
        state.withLock { state in
            state.isProcessEnding = true
            _ = state.bell?.post(())
        }
        _ = standstill.wait(atMost: .seconds(1))
    }

    private func takeWoken() -> [TransportExchange] {
        state.withLock { state in
            defer { state.woken = [] }
            return state.woken
        }
    }
}

/// The loop's ends of all connections; confined to the thread.
private final class TransportConnections {
    private let client: WebSocketClient
    private var ends: [ObjectIdentifier: LoopEnd] = [:]

    init(_ loop: EventLoop) throws {
        client = try WebSocketClient(
            loop: loop,
            configuration: WebSocketClientConfiguration(
                maximumMessageBytes: TransportLimits.maximumMessageBytes,
                maximumOutboundBytes: TransportLimits.maximumOutboundQueueBytes,
                closeTimeout: TransportLimits.closeTimeout))
    }

    func serve(_ exchange: TransportExchange) {
        let orders = exchange.takeOrders()
        let id = ObjectIdentifier(exchange)
        if let request = orders.request {
            let end = LoopEnd(exchange) { [unowned self] in ends[id] = nil }
            ends[id] = end
            end.connection = client.connect(request.forLibrary, end)
        }
        ends[id]?.follow(orders)
    }
}

/// The loop's end of one connection.
private final class LoopEnd: WebSocketClientDelegate {
    var connection: WebSocketClientConnection?
    private let exchange: TransportExchange
    private let isOver: () -> Void

    init(_ exchange: TransportExchange, _ isOver: @escaping () -> Void) {
        self.exchange = exchange
        self.isOver = isOver
    }

    func follow(_ orders: TransportExchange.Orders) {
        for text in orders.texts { connection?.send(text) }
        if orders.isOverfull { connection?.giveUp("too much is sent at once") }
        if let (code, reason) = orders.close { connection?.close(code: code, reason: reason) }
        if orders.resumesReading { connection?.resumeReading() }
    }

    func opened(subprotocol: String?) { deliver(.opened(subprotocol: subprotocol)) }

    func received(_ text: [UInt8]) { deliver(.text(text)) }

    func ended(_ end: WebSocketClientEnd) {
        switch end {
        case .closed(let code, let reason): deliver(.closed(code: code, reason: reason))
        case .failed(let failure):
            deliver(
                .failed(
                    TransportFailure(
                        httpStatus: failure.status, retryAfter: failure.retryAfter,
                        body: failure.body,
                        description: failure.reason)))
        }
        isOver()
    }

    private func deliver(_ event: TransportEvent) {
        if !exchange.deliver(event) { connection?.pauseReading() }
    }
}

extension TransportRequest {
    fileprivate var forLibrary: WebSocketClientRequest {
        WebSocketClientRequest(
            url: url, headers: headers, subprotocols: subprotocols, caFile: caFile,
            connectTimeout: connectTimeout)
    }
}
