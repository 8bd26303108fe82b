import Protocol
import System

/// Every way in which an IPC connection can end; logged once, counted once.
public enum IPCEnd: Error, Equatable, Sendable, CustomStringConvertible {
    /// The other side closed, or its process died.
    case closedByPeer
    /// This side closed on purpose: drain, or its owner is gone.
    case closedHere
    case readFailed(SystemError)
    case writeFailed(SystemError)
    /// The bytes are no message of this protocol.
    case malformed(WireError)
    /// A message that this side does not take in this state, such as anything before `hello`.
    case outOfTurn(String)
    /// The peer takes its messages too slowly: what waited for it passed the limit. It connects
    /// again and resumes from its position.
    case queueOverflow(bytes: Int, maximum: Int)
    /// The peer's process belongs to somebody else.
    case foreignUser(uid: UInt32)
    /// The process has a role that does not come in through this door.
    case wrongDoor(Hello.Role, Door)
    /// As many processes came in through this door as may.
    case tooManyPeers(Door, maximum: Int)
    /// The same process has connected anew.
    case replaced
    /// No `hello` or no answer within its deadline.
    case tooLate(String)

    public var description: String {
        switch self {
        case .closedByPeer: "the peer closed the connection"
        case .closedHere: "closed by this process"
        case .readFailed(let error): "could not read from the peer: \(error)"
        case .writeFailed(let error): "could not write to the peer: \(error)"
        case .malformed(let error): "\(error)"
        case .outOfTurn(let what): "the peer sent \(what), which is not its turn"
        case .queueOverflow(let bytes, let maximum):
            "\(bytes) bytes wait for the peer, over the limit of \(maximum)"
        case .foreignUser(let uid):
            "the peer runs as uid \(uid), which may not talk to this socket: agent workers run as"
                + " the user of --agent-user, other processes as the hub's own, the CLI as that or"
                + " as root"
        case .wrongDoor(let role, let door):
            "a process with the role \(role.rawValue) came to the door \(door.rawValue); its own is"
                + " \(role.door.rawValue)"
        case .tooManyPeers(let door, let maximum):
            "\(maximum) processes are connected through the door \(door.rawValue), and no more"
                + " may be"
        case .replaced: "the process has connected anew"
        case .tooLate(let what): "\(what) did not come in time"
        }
    }

    /// For metrics: one of a fixed set.
    public var label: String {
        switch self {
        case .closedByPeer: "closed_by_peer"
        case .closedHere: "closed_here"
        case .readFailed: "read_failed"
        case .writeFailed: "write_failed"
        case .malformed(let error): error.label
        case .outOfTurn: "out_of_turn"
        case .queueOverflow: "queue_overflow"
        case .foreignUser: "foreign_user"
        case .wrongDoor: "wrong_door"
        case .tooManyPeers: "too_many_peers"
        case .replaced: "replaced"
        case .tooLate: "too_late"
        }
    }
}
