import System

/// What can go wrong with an event loop in operation.
public enum EventLoopError: Error, Equatable, CustomStringConvertible {
    /// libev could not make a loop: no descriptors or no memory left.
    case creationFailed(SystemError)

    public var description: String {
        switch self {
        case .creationFailed(let error):
            "could not make an event loop over epoll: \(error); "
                + "raise the limit of open files (LimitNOFILE) of this process"
        }
    }
}
