import Daemon
import EventLoop
import IPC
import Protocol

/// The loop's side of the way to the hub: puts the threads' questions on the link and the link's
/// answers into their tickets.
///
/// Confined to the loop's thread. It holds at most one open ticket a thread.
package final class HubDesk {
    private let link: HubLink
    private var open: [ObjectIdentifier: Ticket] = [:]
    private var isClosed = false

    package init(link: HubLink) {
        self.link = link
    }

    /// What the threads ask through.
    package func makeGateway(
        loop: EventLoop, threads: Int, timeout: Duration, metrics: Metrics
    ) -> any HubCaller {
        let mailbox = loop.mailbox(capacity: threads) { [weak self] (errands: [HubErrand]) in
            for errand in errands { self?.serve(errand) ?? errand.ticket.fill(.lost) }
        }
        return HubGateway(mailbox: mailbox, timeout: timeout, metrics: metrics)
    }

    /// Answers every open question, and every later one, with `lost`: the process is about to end.
    package func close() {
        isClosed = true
        let tickets = open.values
        open = [:]
        for ticket in tickets { ticket.fill(.lost) }
    }

    private func serve(_ errand: HubErrand) {
        let ticket = errand.ticket
        // Its thread may have given up while this loop was busy.
        guard !ticket.isAbandoned else { return }
        guard !isClosed else { return ticket.fill(.lost) }
        open[ObjectIdentifier(ticket)] = ticket
        link.request(errand.question.message) { [weak self] answer in
            self?.open[ObjectIdentifier(ticket)] = nil
            ticket.fill(HubReply(answer))
        }
    }
}

extension HubReply {
    fileprivate init(_ answer: HubLink.Answer) {
        switch answer {
        case .answered(.result(_, let value)): self = .result(value)
        case .refused(let error): self = .refused(error)
        case .answered, .lost: self = .lost
        }
    }
}
