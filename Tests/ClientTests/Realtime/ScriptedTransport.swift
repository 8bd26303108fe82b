import Client
import Synchronization

/// A transport whose servers do what a test says.
final class ScriptedTransport: WebSocketTransport {
    private let all = Mutex<[ScriptedConnection]>([])

    func open(_ request: TransportRequest) -> any TransportConnection {
        let connection = ScriptedConnection(request)
        all.withLock { $0.append(connection) }
        return connection
    }

    /// Every attempt, oldest first.
    var attempts: [ScriptedConnection] { all.withLock { $0 } }

    /// Whether the client has taken everything that happened, and waits for more.
    var isQuiet: Bool { attempts.allSatisfy(\.isQuiet) }
}

/// One attempt, seen from the server.
final class ScriptedConnection: TransportConnection {
    private struct State {
        var events: [TransportEvent] = []
        var waiter: CheckedContinuation<TransportEvent?, Never>?
        var isAccepted = false
        var isOver = false
        var hasReadEnd = false
        var sent: [[UInt8]] = []
        var closeCode: UInt16?
    }

    let request: TransportRequest
    private let state = Mutex(State())

    init(_ request: TransportRequest) { self.request = request }

    // MARK: The client's side

    func next() async -> TransportEvent? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                state.withLock { state in
                    if !state.events.isEmpty {
                        continuation.resume(returning: state.events.removeFirst())
                    } else if state.isOver {
                        state.hasReadEnd = true
                        continuation.resume(returning: nil)
                    } else {
                        state.waiter = continuation
                    }
                }
            }
        } onCancel: {
            happen(.closed(code: 1006, reason: "abandoned"))
        }
    }

    func send(_ text: [UInt8]) {
        state.withLock { if $0.isAccepted, !$0.isOver { $0.sent.append(text) } }
    }

    func close(code: UInt16, reason: String) {
        let isNew = state.withLock { state in
            guard state.closeCode == nil, !state.isOver else { return false }
            state.closeCode = code
            return true
        }
        if isNew { happen(.closed(code: code, reason: reason)) }
    }

    // MARK: The server's side

    /// Nothing where it is over.
    func happen(_ event: TransportEvent) {
        state.withLock { state in
            guard !state.isOver else { return }
            switch event {
            case .opened: state.isAccepted = true
            case .text: break
            case .closed, .failed: state.isOver = true
            }
            if let waiter = state.waiter {
                state.waiter = nil
                waiter.resume(returning: event)
            } else {
                state.events.append(event)
            }
        }
    }

    func takeSent() -> [[UInt8]] {
        state.withLock { state in
            defer { state.sent = [] }
            return state.sent
        }
    }

    func takeFirstSent() -> [UInt8]? {
        state.withLock { $0.sent.isEmpty ? nil : $0.sent.removeFirst() }
    }

    var isOver: Bool { state.withLock { $0.isOver } }

    /// The code with which the client closed what was accepted; given out once.
    func takeClose() -> UInt16? {
        state.withLock { state in
            guard state.isAccepted else { return nil }
            defer { state.closeCode = nil }
            return state.closeCode
        }
    }

    var isQuiet: Bool { state.withLock { $0.waiter != nil || $0.hasReadEnd } }
}
