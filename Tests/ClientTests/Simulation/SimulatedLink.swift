import Client

/// One connection between the simulated client and server: ordered both ways, each way late.
final class SimulatedLink {
    enum Arrival {
        case message(ServerMessage)
        case closed(code: UInt16)
        case failed(TransportFailure)
    }

    let number: Int
    /// Channels that the server holds for it.
    var held: Set<Int> = []
    /// Whether the server has greeted.
    var isOpen = false
    /// Nothing passes any more, and nobody is told.
    var isSilent = false
    /// The server has ended it: what it says after that is lost.
    var isEnding = false
    private(set) var toClient: [(time: Duration, arrival: Arrival)] = []
    private(set) var toServer: [(time: Duration, command: RealtimeCommand)] = []

    init(number: Int) { self.number = number }

    var nextTime: Duration? {
        guard !isSilent else { return nil }
        switch (toClient.first?.time, toServer.first?.time) {
        case (let one?, let other?): return min(one, other)
        case (let one, let other): return one ?? other
        }
    }

    func queue(_ arrival: Arrival, at time: Duration) {
        guard !isEnding else { return }
        if case .message = arrival {} else { isEnding = true }
        toClient.append((max(time, toClient.last?.time ?? .zero), arrival))
    }

    func queue(_ command: RealtimeCommand, at time: Duration) {
        toServer.append((max(time, toServer.last?.time ?? .zero), command))
    }

    func takeForClient(at now: Duration) -> Arrival? {
        guard !isSilent, let first = toClient.first, first.time <= now else { return nil }
        toClient.removeFirst()
        return first.arrival
    }

    func takeForServer(at now: Duration) -> RealtimeCommand? {
        guard !isSilent, let first = toServer.first, first.time <= now else { return nil }
        toServer.removeFirst()
        return first.command
    }

    /// What was under way to the server when the connection broke.
    func takeAllForServer() -> [RealtimeCommand] {
        defer { toServer = [] }
        return toServer.map(\.command)
    }

    /// The end without a word: what was under way to the client is lost.
    func cut(at now: Duration) {
        toClient = []
        isSilent = false
        isEnding = false
        queue(.closed(code: 1006), at: now)
    }
}
