import Daemon
import EventLoop
import IPC
import Protocol
import Realtime

/// The loop's side of the way to the hub: puts the threads' questions on the link and the link's
/// answers into their tickets.
///
/// Confined to the loop's thread. It holds at most one open ticket a thread. The link is one stream,
/// in which a question waits for all that is in front of it: so only so much is under way at a time,
/// and turns go round over the teams.
package final class HubDesk {
    /// 1,024 events and calls: enough to keep the hub at work, and a few ten milliseconds of it.
    package static let maximumUnderWay = 1_024
    /// As many as there are threads.
    private static let queueLimits = TurnQueue<TeamID?, HubErrand>.Limits(
        maximumPerKey: .max, maximumTotal: .max)

    private let link: HubLink
    private let team: (CredentialID) -> TeamID?
    private var queue = TurnQueue<TeamID?, HubErrand>()
    /// The cost of what the hub has not answered.
    private var underWay = 0
    private var open: [ObjectIdentifier: Ticket] = [:]
    private var isClosed = false

    /// - Parameter team: whose a credential is.
    package init(link: HubLink, team: @escaping (CredentialID) -> TeamID?) {
        self.link = link
        self.team = team
    }

    /// Questions that wait for their turn.
    package var waitingCount: Int { queue.count }

    /// What the threads ask through.
    package func makeGateway(
        loop: EventLoop, threads: Int, timeout: Duration, metrics: Metrics
    ) -> any HubCaller {
        let mailbox = loop.mailbox(capacity: threads) { [weak self] (errands: [HubErrand]) in
            for errand in errands { self?.serve(errand) ?? errand.ticket.fill(.unsent) }
        }
        return HubGateway(mailbox: mailbox, timeout: timeout, metrics: metrics)
    }

    /// Answers every open question, and every later one, with `lost`: the process is about to end.
    package func close() {
        isClosed = true
        let tickets = open.values
        open = [:]
        queue = TurnQueue()
        for ticket in tickets { ticket.fill(.lost) }
    }

    private func serve(_ errand: HubErrand) {
        let ticket = errand.ticket
        // Its thread may have given up while this loop was busy.
        guard !ticket.isAbandoned else { return }
        guard !isClosed else { return ticket.fill(.unsent) }
        open[ObjectIdentifier(ticket)] = ticket
        _ = queue.append(errand, for: errand.question.credential.flatMap(team), Self.queueLimits)
        start()
    }

    private func start() {
        while underWay < Self.maximumUnderWay, let errand = queue.popFirst() {
            let (ticket, cost) = (errand.ticket, errand.question.cost)
            guard !ticket.isAbandoned else {
                open[ObjectIdentifier(ticket)] = nil
                continue
            }
            underWay += cost
            link.request(errand.question.message) { [weak self] answer in
                self?.answered(ticket, cost, answer)
            }
        }
    }

    private func answered(_ ticket: Ticket, _ cost: Int, _ answer: HubLink.Answer) {
        underWay -= cost
        open[ObjectIdentifier(ticket)] = nil
        ticket.fill(HubReply(answer))
        start()
    }
}

extension HubReply {
    fileprivate init(_ answer: HubLink.Answer) {
        switch answer {
        case .answered(.result(_, let value)): self = .result(value)
        case .refused(let error): self = .refused(error)
        case .unsent: self = .unsent
        case .answered, .lost: self = .lost
        }
    }
}
