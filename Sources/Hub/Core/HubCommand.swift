import Glibc
import IPC
import Protocol

/// What an iteration of the hub's loop has to apply, in the order of arrival.
package enum HubCommand {
    /// A process said hello and passed the checks of its door; `process` as the kernel tells it.
    case arrived(PeerID, Hello, process: pid_t? = nil)
    case message(PeerID, PeerMessage)
    case left(PeerID, IPCEnd)
    /// Alarms of ``Alarms`` may be due.
    case alarm
    /// Something of the hub's own: a result from another thread, an edited file.
    case task(HubTask)
}

/// A piece of the hub's own work, applied in the transaction of an iteration like any command.
package struct HubTask {
    /// For the log.
    package let label: String
    /// Who waits for it, and is refused when it throws.
    package let reply: Reply?
    package let body: (Iteration) throws -> Void

    package init(
        _ label: String, reply: Reply? = nil, _ body: @escaping (Iteration) throws -> Void
    ) {
        self.label = label
        self.reply = reply
        self.body = body
    }
}

/// A connected process, numbered in the order of arrival; never used twice.
package struct PeerID: Hashable, Sendable, Comparable, CustomStringConvertible {
    package let number: UInt64

    package init(_ number: UInt64) { self.number = number }

    package static func < (left: Self, right: Self) -> Bool { left.number < right.number }

    package var description: String { "\(number)" }
}

/// A request that is owed exactly one answer.
package struct Reply: Hashable, Sendable {
    package let peer: PeerID
    /// The peer's own number for it.
    package let request: Int64

    package init(peer: PeerID, request: Int64) {
        self.peer = peer
        self.request = request
    }
}
