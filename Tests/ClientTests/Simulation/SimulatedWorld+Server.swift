import Client
import Protocol
import Realtime
import TestSupport

// The server's side of the link.
extension SimulatedWorld {
    func take(_ command: RealtimeCommand, on link: SimulatedLink) {
        trace("server takes", command)
        switch command {
        case .subscribe(let id, let channel, let since):
            if let index = SimulatedServer.channels.firstIndex(of: channel) {
                subscribe(id, index, since, on: link)
            }
        case .unsubscribe(_, let channel):
            if let index = SimulatedServer.channels.firstIndex(of: channel) {
                link.held.remove(index)
            }
        case .ping(let id):
            say(ServerMessage(.pong(id)), on: link)
        case .answer(let id, let answer): take(id, answer, on: link)
        }
    }

    private func subscribe(
        _ id: CommandID, _ channel: Int, _ since: StreamPosition?, on link: SimulatedLink
    ) {
        switch isCalm ? 100 : Int.random(in: 0..<100, using: &random) {
        case 0..<2: return  // Never answered.
        case 2..<10:
            let codes: [ErrorCode] = [.channelUnavailable, .rateLimited, .internalError]
            return refuse(.own(id), codes[Int.random(in: 0..<3, using: &random)], channel, on: link)
        case 10:
            link.held.remove(channel)
            return refuse(.own(id), .channelForbidden, channel, on: link)
        default: break
        }
        guard link.held.insert(channel).inserted else {
            let head = server.head(of: channel)
            let name = SimulatedServer.channels[channel]
            return say(
                ServerMessage(.subscribed(id, name, head, isRecovered: false)), on: link)
        }
        for message in server.join(channel, since: since, id) { say(message, on: link) }
    }

    private func take(_ id: CommandID, _ answer: PermissionResponse, on link: SimulatedLink) {
        guard let request = SimulatedServer.requestNames.firstIndex(of: answer.requestID),
            let session = SimulatedServer.sessions.firstIndex(of: answer.session)
        else { return }
        if !isCalm && random.oneIn(8) {
            return refuse(.own(id), .channelUnavailable, session, on: link)
        }
        // Whose answer was taken is published; the first answer alone is.
        tell(server.answer(request, allowed: answer.allowed, by: "us"), id, session, on: link)
    }

    private func tell(
        _ result: SimulatedServer.AnswerResult, _ id: CommandID, _ session: Int,
        on link: SimulatedLink
    ) {
        switch result {
        case .published(let channel, let end): publish(on: channel, end)
        case .refused(let code): refuse(.own(id), code, session, on: link)
        }
    }

    /// Publishes to whoever holds the channel: sometimes twice, sometimes not at all.
    func publish(on channel: Int, _ end: ServerMessage.RequestEnd? = nil) {
        let message = server.publish(on: channel, end)
        guard let link, link.held.contains(channel) else { return }
        switch isCalm ? 100 : Int.random(in: 0..<100, using: &random) {
        case 0..<3: break
        case 3..<8:
            say(message, on: link)
            say(message, on: link)
        default: say(message, on: link)
        }
    }

    /// The server ends a subscription by itself.
    func withdraw(_ channel: Int) {
        guard let link, link.held.remove(channel) != nil else { return }
        let code: ErrorCode = random.oneIn(6) ? .channelForbidden : .channelUnavailable
        refuse(.none, code, channel, on: link)
    }

    private func refuse(
        _ reference: ServerMessage.CommandReference, _ code: ErrorCode, _ channel: Int,
        on link: SimulatedLink
    ) {
        let name = SimulatedServer.channels[channel]
        say(
            ServerMessage(.refused(reference, name, code: code.rawValue, message: "")), on: link)
    }

    private func say(_ message: ServerMessage, on link: SimulatedLink) {
        link.queue(.message(message), at: now + delay())
    }
}
