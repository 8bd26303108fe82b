import Daemon
import Realtime
import Synchronization

/// How many request threads may wait for a password's verdict, so that signing in never starves the
/// rest of the API.
///
/// One network gets half of the places at most; two more are kept for devices that say they are
/// known, which the hub then looks at before anything else. Any thread.
package final class PasswordPlaces: Sendable {
    /// Where a request waits; given back with ``leave(_:)``.
    package enum Place: Sendable, Equatable {
        case ordinary(network: String)
        /// Only a device that is known may stay.
        case kept
    }

    private struct State {
        var byNetwork: [String: Int] = [:]
        var kept = 0
    }

    private let state = Mutex(State())
    private let capacity: Int
    private let keptCapacity: Int
    private let refusals: Counter

    /// - Parameters:
    ///   - capacity: see `fastCGI.signInThreads`.
    ///   - threads: of which half at most wait for passwords, where there is more than one.
    package init(capacity: Int, threads: Int, metrics: Metrics) {
        self.capacity = min(capacity, max(1, threads / 2))
        keptCapacity = threads > 4 ? 2 : 0
        refusals = metrics.counter(.limitsReached, "fastCGI.signInThreads")
    }

    /// A place, or nil: then the request is told to come back.
    ///
    /// - Parameter isKnown: whether the caller shows something that only a known device has, or is
    ///   signed in.
    package func enter(_ address: String, isKnown: Bool) -> Place? {
        let network = ClientAddress(address).network
        let place: Place? = state.withLock { state in
            let taken = state.byNetwork.values.reduce(0, +)
            let own = state.byNetwork[network, default: 0]
            if taken < capacity, own < max(1, (capacity + 1) / 2) {
                state.byNetwork[network] = own + 1
                return .ordinary(network: network)
            }
            guard isKnown, state.kept < keptCapacity else { return nil }
            state.kept += 1
            return .kept
        }
        if place == nil { refusals.add() }
        return place
    }

    package func leave(_ place: Place) {
        state.withLock { state in
            switch place {
            case .kept: state.kept -= 1
            case .ordinary(let network):
                let left = state.byNetwork[network, default: 1] - 1
                state.byNetwork[network] = left > 0 ? left : nil
            }
        }
    }
}
