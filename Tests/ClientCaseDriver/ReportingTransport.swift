import Client
import JSON
import Synchronization

/// Real sockets, of which everything is told: what the client does, and each event when the client
/// has dealt with it.
final class ReportingTransport: WebSocketTransport {
    private let reports: Reports
    private let sockets = LibWebSocketsTransport()
    private let newest = Mutex<(any TransportConnection)?>(nil)

    init(_ reports: Reports) { self.reports = reports }

    func open(_ request: TransportRequest) -> any TransportConnection {
        reports.say(["socket": "created"])
        let connection = ReportingConnection(sockets.open(request), reports)
        newest.withLock { $0 = connection }
        return connection
    }

    func cut() {
        newest.withLock { $0?.close(code: 1000, reason: "the case is over") }
    }
}

private final class ReportingConnection: TransportConnection {
    private struct State {
        /// The event that the client deals with.
        var event: String?
        /// It has ended, or the client has given it up.
        var isOver = false
    }

    private let socket: any TransportConnection
    private let reports: Reports
    private let state = Mutex(State())

    init(_ socket: any TransportConnection, _ reports: Reports) {
        self.socket = socket
        self.reports = reports
    }

    /// The client asks for the next event: it has dealt with the one before.
    func next() async -> TransportEvent? {
        sayDone()
        guard let event = await socket.next() else { return nil }
        state.withLock { state in
            guard !state.isOver else { return }
            switch event {
            case .opened: state.event = "opened"
            case .text: state.event = "message"
            case .closed, .failed:
                state.event = "closed"
                state.isOver = true
            }
        }
        return event
    }

    func send(_ text: [UInt8]) {
        reports.say(["socket": "sent"])
        socket.send(text)
    }

    func close(code: UInt16, reason: String) {
        let isFirst = state.withLock { state in
            defer { state.isOver = true }
            return !state.isOver
        }
        if isFirst { reports.say(["socket": "closing"]) }
        socket.close(code: code, reason: reason)
    }

    private func sayDone() {
        let event = state.withLock { state in
            defer { state.event = nil }
            return state.event
        }
        if let event { reports.say(["socket": .string(event)]) }
    }
}
