import HTTPClient
import JSON
import Protocol
import Realtime

/// Where a hub is asked: on this machine through its socket, or elsewhere with a key.
///
/// A value, so that each thread that waits for something connects on its own.
public enum Installation: Sendable {
    case local(socket: String)
    case remote(origin: String, key: String, HTTPTrust)

    /// A client for one thread; locally it is connected when this returns.
    public func connect() throws(ClientError) -> any Administration {
        switch self {
        case .local(let socket): try HubClient(socket: socket)
        case .remote(let origin, let key, let trust):
            RemoteClient(origin: origin, key: key, trust: trust)
        }
    }

    /// Hands over what is published on channels, until the process ends or nothing more can come.
    ///
    /// Blocks.
    ///
    /// - Parameter team: locally, whose channels they are; nil: each says itself, where only one team
    ///   has it. A key has its own.
    public func listen(
        _ targets: [ListenTarget], of team: TeamID? = nil, _ hear: @escaping (ListenEvent) -> Void
    ) throws(ClientError) {
        switch self {
        case .local(let socket):
            try HubClient(socket: socket).listen(targets, of: team, hear)
        case .remote(let origin, let key, let trust):
            try RemoteClient(origin: origin, key: key, trust: trust).listen(targets, hear)
        }
    }
}
