import System

/// What can go wrong with an event loop in operation.
public enum EventLoopError: Error, Equatable, CustomStringConvertible {
    /// libev couldn't make a loop: no descriptors or no memory left.
    case creationFailed(SystemError)

    public var description: String {
        switch self {
        case .creationFailed(let error):
            "making an event loop over epoll failed: \(error); "
                + "raise the limit of open files (LimitNOFILE) of this process"
        }
    }
}
