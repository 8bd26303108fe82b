import System

/// What can go wrong when a server is set up; a Unix socket has its ``UnixSocketError``.
public enum WebSocketsError: Error, Equatable, CustomStringConvertible {
    /// libwebsockets could not be started; its log says why.
    case creationFailed
    /// A call of the loopback socket's set-up failed.
    case loopbackFailed(call: String, port: Int, SystemError)

    public var description: String {
        switch self {
        case .creationFailed:
            "could not start libwebsockets on the event loop;"
                + " is its package libwebsockets-evlib-ev installed?"
        case .loopbackFailed(let call, let port, let error):
            "could not listen at 127.0.0.1:\(port): \(call): \(error)"
        }
    }
}
