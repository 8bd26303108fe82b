/// Why a command on an open connection was refused; becomes an `error` message.
public struct CommandError: Error, Equatable, Sendable {
    public let code: ErrorCode
    /// For the client's developer: what was wrong and what is taken.
    public let message: String
    /// The command's own `id`, where one could be read.
    public let id: String?
    /// The channel that the command was about, as the client wrote it, cut to 160 characters.
    public let channel: String?

    public init(_ code: ErrorCode, _ message: String, id: String? = nil, channel: String? = nil) {
        self.code = code
        self.message = message
        self.id = id
        self.channel = channel.map { String($0.prefix(160)) }
    }
}
