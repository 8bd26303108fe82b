import Access
import Daemon
import Protocol
import Realtime
import WebSockets

/// One open connection and everything that belongs to it alone.
///
/// Confined to the loop's thread.
final class ClientConnection {
    let socket: WebSocketConnection
    let slot: Outbox.Slot
    let id: ConnectionID
    let principal: Principal
    let address: String?
    var machine: ConnectionStateMachine
    /// Subscriptions that are behind; the first one's turn is next.
    var catchUps: [CatchUp] = []
    /// The last inbound frame, or the opening; monotonic.
    var heardAt: Duration
    /// Set with the first close, so that nothing is sent behind it.
    var isEnding = false

    private var nextCatchUp: UInt64 = 0
    private var commands: TokenBucket
    private var frames: TokenBucket

    /// Control frames and messages together may be this many times the commands.
    private static let framesPerCommand = 10

    init(
        _ socket: WebSocketConnection, _ slot: Outbox.Slot, _ id: ConnectionID,
        _ admission: Admission, _ settings: WebSocketSettings, at now: Duration
    ) {
        self.socket = socket
        self.slot = slot
        self.id = id
        principal = admission.resolution.principal
        address = admission.address
        heardAt = now
        machine = ConnectionStateMachine(
            maximumSubscriptions: settings.maximumSubscriptionsPerConnection)
        let rate = settings.commandsPerSecond
        let burst = settings.commandBurst
        commands = TokenBucket(rate: rate, burst: burst)
        frames = TokenBucket(
            rate: rate * Self.framesPerCommand, burst: burst * Self.framesPerCommand)
    }

    /// The channel that the client means.
    func identity(of name: ChannelName) -> ChannelIdentity {
        ChannelIdentity(name, of: principal.teamID)
    }

    /// The subscription goes on behind `position`, at the end of the line.
    func catchUp(_ channel: ChannelIdentity, from position: StreamPosition, _ page: Page = .empty) {
        nextCatchUp += 1
        catchUps.append(CatchUp(channel, id: nextCatchUp, from: position, page: page))
    }

    /// Whether a page of missed publications is in hand or on its way.
    var isRecovering: Bool { catchUps.contains { $0.isBusy } }

    func mayCommand(at now: Duration) -> Bool { commands.take(at: now) }

    func mayFrame(at now: Duration) -> Bool { frames.take(at: now) }
}

/// Carries an admission from the decision to the opened connection.
final class AdmissionTicket {
    let admission: Admission
    init(_ admission: Admission) { self.admission = admission }
}
