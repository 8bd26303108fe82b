import Daemon
import EventLoop
import FastCGI
import Protocol

/// One request thread: accepts, answers, and does so again until the listener is shut down.
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

    /// Blocks; call it on a thread of its own.
    func run(_ listener: FastCGIListener) throws(FastCGIError) {
        let slot = try FastCGIRequestSlot(listener)
        while let request = slot.accept() {
            busy.add(1)
            let elapsed = ContinuousClock().measure { serve(request) }
            milliseconds.add(Int(clamping: elapsed.wholeMilliseconds))
            busy.add(-1)
        }
    }

    private func serve(_ request: FastCGIRequest) {
        let response = handler.answer(Request(request))
        metrics.counter(.httpRequests, "\(response.status)").add()
        request.respond(
            status: response.status, headers: response.headers.map { ($0.name, $0.value) },
            body: response.body)
        request.finish()
    }
}
