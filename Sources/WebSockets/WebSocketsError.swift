/// What can go wrong when a server is set up; a Unix socket has its ``UnixSocketError``.
public enum WebSocketsError: Error, Equatable, CustomStringConvertible {
    /// libwebsockets could not be started; its log says why.
    case creationFailed

    public var description: String {
        switch self {
        case .creationFailed:
            "could not start libwebsockets on the event loop;"
                + " is its package libwebsockets-evlib-ev installed?"
        }
    }
}
