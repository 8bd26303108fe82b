import Daemon
import Protocol
import Realtime

/// How many connections are open, in all and by whom.
package struct ConnectionCounts: Equatable {
    /// Which limit has no room for one more; the raw value is in the answer and the metric.
    package enum Limit: String, Sendable {
        case worker = "webSocket.maximumConnections"
        case principal = "webSocket.maximumConnectionsPerPrincipal"
        case address = "webSocket.maximumConnectionsPerAddress"
    }

    package private(set) var all = 0
    private var byActor: [String: Int] = [:]
    /// By ``ClientAddress/client``.
    private var byAddress: [String: Int] = [:]

    package init() {}

    /// A person's logins count together; a client without an address is not counted by it.
    package func reachedLimit(
        _ settings: WebSocketSettings, principal: Principal, address: String?
    ) -> Limit? {
        if all >= settings.maximumConnections { return .worker }
        if byActor[principal.actor, default: 0] >= settings.maximumConnectionsPerPrincipal {
            return .principal
        }
        if let address,
            byAddress[ClientAddress(address).client, default: 0]
                >= settings.maximumConnectionsPerAddress
        {
            return .address
        }
        return nil
    }

    package mutating func opened(_ principal: Principal, address: String?) {
        all += 1
        byActor[principal.actor, default: 0] += 1
        if let address { byAddress[ClientAddress(address).client, default: 0] += 1 }
    }

    package mutating func closed(_ principal: Principal, address: String?) {
        all -= 1
        Self.decrement(&byActor, principal.actor)
        if let address { Self.decrement(&byAddress, ClientAddress(address).client) }
    }

    private static func decrement(_ counts: inout [String: Int], _ key: String) {
        guard let count = counts[key] else { return }
        counts[key] = count > 1 ? count - 1 : nil
    }
}
