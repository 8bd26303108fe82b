/// What can go wrong when a server is set up; a Unix socket has its ``UnixSocketError``.
public enum WebSocketsError: Error, Equatable, CustomStringConvertible {
    /// libwebsockets could not be started; its log says why.
    case creationFailed
    /// What lets libwebsockets run on our loop is not installed: the file's name.
    case pluginMissing(String)

    public var description: String {
        switch self {
        case .creationFailed:
            "could not start libwebsockets on the event loop"
        case .pluginMissing(let file):
            "\(file) is missing, by which libwebsockets runs on the event loop;"
                + " apt-get install libwebsockets-evlib-ev"
        }
    }
}
