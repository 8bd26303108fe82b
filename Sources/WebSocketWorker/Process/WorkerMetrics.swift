import Daemon
import Protocol
import WebSockets

/// What this worker counts; the hot ones are added up once per iteration.
struct WorkerMetrics {
    let metrics: Metrics
    private let connections: Gauge
    private let subscriptions: Gauge
    private let queueBytes: Gauge
    private let deliveries: Counter
    private let bytesSent: Counter

    init(_ metrics: Metrics) {
        self.metrics = metrics
        connections = metrics.gauge(.webSocketConnections)
        subscriptions = metrics.gauge(.webSocketSubscriptions)
        queueBytes = metrics.gauge(.webSocketQueueBytes)
        deliveries = metrics.counter(.webSocketDeliveries)
        bytesSent = metrics.counter(.webSocketBytesSent)
    }

    func accepted() { metrics.counter(.webSocketHandshakes, "accepted").add() }

    func refused(_ refusal: HandshakeRefusal) {
        metrics.counter(.webSocketHandshakes, refusal.code.rawValue).add()
        if let limit = refusal.limit { reached(limit) }
    }

    func reached(_ limit: String) { metrics.counter(.limitsReached, limit).add() }

    func received(_ command: Result<ClientCommand, CommandError>) {
        let type =
            switch command {
            case .failure: "invalid"
            case .success(let command):
                switch command.action {
                case .subscribe: "subscribe"
                case .unsubscribe: "unsubscribe"
                case .ping: "ping"
                case .answerPermission: "permission_response"
                }
            }
        metrics.counter(.webSocketCommands, type).add()
    }

    func replied(_ code: ErrorCode) { metrics.counter(.webSocketErrors, code.rawValue).add() }

    func ended(_ label: String) { metrics.counter(.webSocketDisconnects, label).add() }

    func linkEnded(_ label: String) { metrics.counter(.ipcDisconnects, label).add() }

    func iterationEnded(deliveries: Int, bytes: Int) {
        if deliveries > 0 { self.deliveries.add(deliveries) }
        if bytes > 0 { bytesSent.add(bytes) }
    }

    func set(connections: Int, subscriptions: Int, queueBytes: Int) {
        self.connections.set(Int64(connections))
        self.subscriptions.set(Int64(subscriptions))
        self.queueBytes.set(Int64(queueBytes))
    }
}

extension ConnectionEnd {
    /// For metrics and logs: one of a fixed set.
    var label: String {
        switch self {
        case .closedByPeer: return "closed_by_client"
        case .lost: return "lost"
        case .serverClosed: return "worker_ended"
        case .closedByServer(let code):
            return CloseCode(rawValue: code)?.label ?? "closed"
        }
    }

    /// The setting whose limit ended the connection.
    var limit: String? {
        guard case .closedByServer(let code) = self else { return nil }
        switch CloseCode(rawValue: code) {
        case .frameTooLarge: return "webSocket.maximumFrameBytes"
        case .heartbeatTimeout: return "webSocket.heartbeatTimeoutMs"
        case .tooSlow: return "webSocket.maximumOutboundQueueBytes"
        case .tooManyCommands: return "webSocket.commandsPerSecond"
        default: return nil
        }
    }
}

extension CloseCode {
    /// For metrics and logs: one of a fixed set.
    fileprivate var label: String {
        switch self {
        case .normal: "normal"
        case .goingAway: "going_away"
        case .protocolError: "protocol_error"
        case .notUTF8: "not_utf8"
        case .frameTooLarge: "frame_too_large"
        case .restart: "restart"
        case .heartbeatTimeout: "heartbeat_timeout"
        case .tooSlow: "too_slow"
        case .tooManyCommands: "too_many_commands"
        case .credentialEnded: "credential_ended"
        case .permissionWithdrawn: "permission_withdrawn"
        }
    }
}
