import Crypto
import JSON
import Protocol
import Realtime
import Store

/// One iteration of the hub's loop as its commands see it: the open transaction, the time, and what
/// will be sent after the commit.
///
/// A command that throws leaves no trace: its writes are rolled back to a savepoint, its effects are
/// cut off, and what it changed in memory is undone by the closures given to ``onRollback(_:)``,
/// last first. So whoever changes the hub's memory in a command says there how to take it back.
package final class Iteration {
    package let store: StoreTransaction
    /// Time of day, the same for the whole iteration.
    package let now: Timestamp
    /// Monotonic, the loop's.
    package let clock: Duration

    package private(set) var outbox = Outbox()
    /// Counts the commands of this iteration, so that their parts can tell one from the next.
    package private(set) var commandNumber = 0
    private var undo: [() -> Void] = []
    /// What commands that were taken will send, as parts of the outbox.
    private var taken: [Range<Int>] = []
    private var deferred: Set<Reply> = []
    private var refused: Set<Reply> = []
    /// Peers that left, and alarms that went off: both outlive a commit that fails.
    private(set) var departed: [PeerID] = []
    private(set) var wentOff: [Alarms.Name] = []

    init(store: StoreTransaction, now: Timestamp, clock: Duration) {
        self.store = store
        self.now = now
        self.clock = clock
    }

    package func answer(_ reply: Reply, _ value: JSONValue) {
        send(.result(reply.request, value), to: reply.peer)
    }

    /// An answer that is JSON text already.
    package func answer(_ reply: Reply, text: [UInt8]) {
        send(.resultText(reply.request, text), to: reply.peer)
    }

    package func refuse(_ reply: Reply, _ error: OperationError) {
        refused.insert(reply)
        send(.refused(reply.request, error), to: reply.peer)
    }

    package func send(_ message: HubMessage, to peer: PeerID) {
        outbox.add(.send(message, to: peer))
    }

    package func broadcast(_ message: HubMessage, to peers: [PeerID]) {
        guard !peers.isEmpty else { return }
        outbox.add(.broadcast(message, to: peers))
    }

    package func add(_ effect: Outbox.Effect) { outbox.add(effect) }

    /// How to take back a change of memory, should the command fail, or later the commit.
    package func onRollback(_ body: @escaping () -> Void) { undo.append(body) }

    /// The answer comes from elsewhere in a later iteration, whatever becomes of this one.
    func deferAnswer(_ reply: Reply) { deferred.insert(reply) }

    func noteDeparture(of peer: PeerID) { departed.append(peer) }

    func noteAlarm(_ name: Alarms.Name) { wentOff.append(name) }

    /// Runs one command so that a failure leaves no trace of it; the error goes on to the caller.
    func command(_ body: () throws -> Void) throws {
        let effects = outbox.effects.count
        let steps = undo.count
        commandNumber += 1
        do {
            try store.savepoint(body)
            taken.append(effects..<outbox.effects.count)
        } catch {
            outbox.cut(to: effects)
            takeBack(to: steps)
            throw error
        }
    }

    /// The commit failed, and every command with it: memory is as before the iteration, and what is
    /// left to be sent is what no command wrote.
    func takeBackCommands() {
        takeBack(to: 0)
        outbox.remove(taken)
        taken = []
    }

    /// Whether somebody still has to be told that his command failed with the commit.
    func isOwed(_ reply: Reply) -> Bool { !deferred.contains(reply) && !refused.contains(reply) }

    private func takeBack(to count: Int) {
        for step in undo[count...].reversed() { step() }
        undo.removeLast(undo.count - count)
    }
}

/// Names that the hub makes: 128 random bits behind a word that says what they name.
package enum Fresh {
    /// - Parameter prefix: begins with a letter, so that a command line never takes it for an option.
    package static func identifier<Kind>(_ prefix: String) -> Identifier<Kind> {
        do {
            return try Identifier(parsing: "\(prefix)_\(SecureRandom.identifier())")
        } catch {
            preconditionFailure("a made identifier is always well-formed: \(error)")
        }
    }

    package static func eventID() -> EventID { identifier("evt") }

    static func epoch() -> Epoch { identifier("e") }
}
