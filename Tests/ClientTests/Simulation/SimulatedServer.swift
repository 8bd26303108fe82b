import Client
import JSON
import Protocol
import Realtime

/// Three channels with epochs, bounded history and permission questions, as the product serves them.
struct SimulatedServer {
    static let channels: [ChannelName] = [.session("a"), .session("b"), .team("t")]
    static let sessions: [SessionID] = ["a", "b"]
    private static let epochs: [Epoch] = (0..<64).map { index in
        do { return try Epoch(parsing: "e\(index)") } catch {
            preconditionFailure("an epoch's name is wrong: \(error)")
        }
    }
    static let requestNames = (0..<256).map { "q\($0)" }

    enum Request: Equatable {
        case pending
        case resolved(allowed: Bool)
        case timedOut
    }

    private struct Channel {
        var epoch = 0
        var head: Offset = 0
        /// The last publications, oldest first.
        var history: [ServerMessage] = []
    }

    private var contents = [Channel](repeating: Channel(), count: channels.count)
    private var epochsUsed = 0
    /// By session and number; what a restart lost is not there.
    private(set) var requests: [Int: (session: Int, state: Request)] = [:]
    private var requestsMade = 0
    let maximumHistory: Int

    init(maximumHistory: Int) { self.maximumHistory = maximumHistory }

    func head(of channel: Int) -> StreamPosition {
        StreamPosition(epoch: Self.epochs[contents[channel].epoch], offset: contents[channel].head)
    }

    /// What the body of a publication has to be, so that nothing passes for something else.
    static func tag(_ position: StreamPosition) -> JSONValue {
        .string("\(position.epoch)/\(position.offset)")
    }

    mutating func publish(on channel: Int, _ end: ServerMessage.RequestEnd? = nil) -> ServerMessage
    {
        contents[channel].head += 1
        let position = head(of: channel)
        let message = ServerMessage(
            .publication(Self.channels[channel], position.offset, end), body: Self.tag(position))
        contents[channel].history.append(message)
        if contents[channel].history.count > maximumHistory {
            contents[channel].history.removeFirst()
        }
        return message
    }

    /// The answer to a subscribe to a channel that is not held, and what is replayed.
    func join(
        _ channel: Int, since: StreamPosition?, _ id: CommandID
    ) -> [ServerMessage] {
        let head = head(of: channel)
        let history = contents[channel].history
        let oldest = head.offset - Offset(history.count)
        let isRecovered =
            since.map { $0.epoch == head.epoch && (oldest...head.offset).contains($0.offset) }
            ?? false
        let answer = ServerMessage(
            .subscribed(id, Self.channels[channel], head, isRecovered: isRecovered))
        guard isRecovered, let since else { return [answer] }
        return [answer] + history.dropFirst(Int(since.offset - oldest))
    }

    /// History and questions are lost.
    mutating func beginAnew() {
        for channel in contents.indices {
            epochsUsed = min(epochsUsed + 1, Self.epochs.count - 1)
            contents[channel] = Channel(epoch: epochsUsed)
        }
        requests = [:]
    }
}

// MARK: - Questions

extension SimulatedServer {
    /// Nil where there were enough.
    mutating func ask(in session: Int) -> Int? {
        guard requestsMade < Self.requestNames.count else { return nil }
        requests[requestsMade] = (session, .pending)
        requestsMade += 1
        return requestsMade - 1
    }

    /// What is published, or how the answer is refused.
    mutating func answer(_ request: Int, allowed: Bool, by who: String) -> AnswerResult {
        guard let known = requests[request] else { return .refused(.permissionNotFound) }
        guard known.state == .pending else { return .refused(.permissionAlreadyResolved) }
        requests[request] = (known.session, .resolved(allowed: allowed))
        return .published(
            known.session,
            .resolved(
                requestID: Self.requestNames[request], allowed: allowed, alwaysAllow: false,
                resolvedBy: who))
    }

    mutating func timeOut(_ request: Int) -> AnswerResult {
        guard let known = requests[request], known.state == .pending else {
            return .refused(.permissionNotFound)
        }
        requests[request] = (known.session, .timedOut)
        return .published(known.session, .timedOut(requestID: Self.requestNames[request]))
    }

    enum AnswerResult {
        case published(Int, ServerMessage.RequestEnd)
        case refused(ErrorCode)
    }
}
