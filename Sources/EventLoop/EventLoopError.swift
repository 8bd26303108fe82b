import Glibc

/// What can go wrong with an event loop in operation.
public enum EventLoopError: Error, Equatable, CustomStringConvertible {
    /// libev couldn't make a loop: no descriptors or no memory left.
    case creationFailed(errno: Int32)

    public var description: String {
        switch self {
        case .creationFailed(let number):
            "making an event loop over epoll failed (errno \(number)): "
                + "raise the limit of open files (LimitNOFILE) of this process"
        }
    }
}
