import Glibc

/// What can go wrong when a server is set up.
public enum WebSocketsError: Error, Equatable, CustomStringConvertible {
    /// libwebsockets couldn't be started; its log says why.
    case creationFailed
    /// A call of the listening socket's set-up failed.
    case listenFailed(call: String, address: String, errno: Int32)
    /// Another process accepts connections at this path.
    case addressInUse(path: String)
    /// The path of a Unix socket is too long for the kernel (unix(7)).
    case pathTooLong(path: String, maximumBytes: Int)
    /// Something that is no socket lies at the path.
    case notASocket(path: String)

    public var description: String {
        switch self {
        case .creationFailed:
            "starting libwebsockets on the event loop failed: "
                + "is its package libwebsockets-evlib-ev installed?"
        case .listenFailed(let call, let address, let number):
            "listening on \(address) failed: \(call): "
                + (unsafe strerror(number).map { unsafe String(cString: $0) } ?? "errno \(number)")
        case .addressInUse(let path):
            "listening on \(path) failed: another process accepts connections there; stop it first"
        case .pathTooLong(let path, let maximum):
            "listening on \(path) failed: a socket's path may have \(maximum) bytes; choose a shorter one"
        case .notASocket(let path):
            "listening on \(path) failed: what lies there is no socket; move it away"
        }
    }
}
