import Access
import Daemon
import Protocol
import Realtime
import WebSockets

/// Whom a handshake lets in, and with which subprotocol.
package struct Admission: Equatable {
    package let resolution: PrincipalResolver.Resolution
    package let subprotocol: String?
    /// The client's address as the proxy saw it; nil without a proxy.
    package let address: String?
}

/// Decides about handshakes, locally and at once.
///
/// Pure.
package struct HandshakePolicy {
    /// The only path that upgrades.
    package static let path = "/ws"
    /// The only subprotocol; a client that offers none speaks it all the same.
    package static let subprotocol = "switchboard.v1"

    private let origins: OriginPolicy
    private let settings: WebSocketSettings

    package init(http: HTTPSettings, webSocket: WebSocketSettings) {
        origins = OriginPolicy(allowedOrigins: http.allowedOrigins)
        settings = webSocket
    }

    /// Lets a request in or says why not.
    ///
    /// The cheap and telling reasons come first: nobody learns from a 401 that a path exists.
    package func decide(
        _ request: HandshakeRequest, _ table: CredentialTable, _ counts: ConnectionCounts,
        at now: Timestamp
    ) throws(HandshakeRefusal) -> Admission {
        guard request.path == Self.path else { throw .notFound }
        guard request.isUpgrade else {
            throw .notAnUpgrade(isProxied: request.forwardedFor != nil)
        }
        let resolution = try resolve(request, table, at: now)
        if let limit = counts.reachedLimit(
            settings, principal: resolution.principal, address: request.forwardedFor)
        {
            throw .tooManyConnections(limit)
        }
        return Admission(
            resolution: resolution,
            subprotocol: request.subprotocols.contains(Self.subprotocol) ? Self.subprotocol : nil,
            address: request.forwardedFor)
    }

    private func resolve(
        _ request: HandshakeRequest, _ table: CredentialTable, at now: Timestamp
    ) throws(HandshakeRefusal) -> PrincipalResolver.Resolution {
        do throws(AccessError) {
            let presented = PresentedCredentials(
                query: request.query, apiKey: request.apiKey,
                authorization: request.authorization, subprotocols: request.subprotocols,
                cookie: request.cookie)
            // A foreign page learns nothing about the credential that its visitor has.
            try origins.check(origin: request.origin, host: request.host, source: nil)
            let resolution = try PrincipalResolver.resolve(presented, table, at: now)
            try origins.check(
                origin: request.origin, host: request.host, source: resolution.source)
            return resolution
        } catch {
            throw .access(error)
        }
    }
}
