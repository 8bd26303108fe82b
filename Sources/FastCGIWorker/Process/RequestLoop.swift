import Daemon
import EventLoop
import FastCGI
import Protocol

/// One request thread: takes a whole request, answers it, and does so again until the shutdown.
struct RequestLoop: Sendable {
    private let handler: RequestHandler
    private let metrics: Metrics
    private let busy: Gauge
    private let milliseconds: Counter

    init(handler: RequestHandler, metrics: Metrics) {
        self.handler = handler
        self.metrics = metrics
        busy = metrics.gauge(.httpThreadsBusy)
        milliseconds = metrics.counter(.httpRequestMilliseconds)
    }

    /// Blocks until the server's shutdown; call it on a thread of its own.
    func run(_ requests: FastCGIRequests) {
        while let exchange = requests.next() {
            busy.add(1)
            let elapsed = ContinuousClock().measure { serve(exchange) }
            milliseconds.add(Int(clamping: elapsed.wholeMilliseconds))
            busy.add(-1)
        }
    }

    private func serve(_ exchange: FastCGIExchange) {
        let response = handler.answer(Request(exchange.request))
        metrics.counter(.httpRequests, "\(response.status)").add()
        exchange.answer(response.output)
    }
}
