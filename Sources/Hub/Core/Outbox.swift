import IPC
import Protocol

/// What an iteration will do to the outside, in order, once its transaction is committed.
///
/// Everything for one peer leaves in the order in which it was put in, which is what makes answers,
/// deliveries and pushes one ordered stream.
package struct Outbox {
    package enum Effect {
        case send(HubMessage, to: PeerID)
        /// Encoded once for all of them.
        case broadcast(HubMessage, to: [PeerID])
        case close(PeerID, IPCEnd)
        /// Work for another thread, which must not begin before the commit.
        case start(() -> Void)

        fileprivate var isRefusal: Bool {
            if case .send(.refused, _) = self { true } else { false }
        }
    }

    package private(set) var effects: [Effect] = []

    mutating func add(_ effect: Effect) { effects.append(effect) }

    /// Takes back what a command added before it failed.
    mutating func cut(to count: Int) { effects.removeLast(effects.count - count) }

    /// Takes back what commands added, but for refusals, which promise nothing.
    /// - Parameter parts: in order, without overlap.
    mutating func remove(_ parts: [Range<Int>]) {
        for part in parts.reversed() {
            effects.replaceSubrange(part, with: effects[part].filter(\.isRefusal))
        }
    }
}
