import Daemon
import EventLoop
import Protocol

/// The request threads' side of the way to the hub.
///
/// The mailbox has room for one question a thread, because each thread waits for its answer.
final class HubGateway: HubCaller {
    private let mailbox: Mailbox<HubErrand>
    private let timeout: Duration
    private let late: Counter

    init(mailbox: Mailbox<HubErrand>, timeout: Duration, metrics: Metrics) {
        self.mailbox = mailbox
        self.timeout = timeout
        late = metrics.counter(.limitsReached, "fastCGI.hubTimeoutMs")
    }

    func ask(_ question: HubQuestion) -> HubReply {
        let ticket = Ticket()
        guard mailbox.post(HubErrand(question: question, ticket: ticket)) else { return .lost }
        let reply = ticket.wait(timeout)
        if reply == .late { late.add() }
        return reply
    }
}

/// A question on its way to the loop thread.
struct HubErrand: Sendable {
    let question: HubQuestion
    let ticket: Ticket
}
