/// How long a session's questions wait for an answer.
public enum PermissionTimeout: Sendable, Hashable {
    /// As the configuration says at the moment of asking.
    case standard
    /// For ever.
    case never
    case after(milliseconds: Int64)
}
