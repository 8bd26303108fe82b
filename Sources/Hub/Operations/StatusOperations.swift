import Daemon
import JSON
import Protocol

/// `status.ready` and `status.metrics`.
extension HubCore {
    func setUpStatusOperations() {
        // Whoever gets this answer knows that the hub and its database work: an iteration was
        // committed to give it.
        operations.on(.readiness) { [unowned self] _ in
            let workers = Hello.Role.allCases.filter { $0 != .cli }.map { role in
                (role.rawValue, JSONValue.integer(Int64(peers.count(role))))
            }
            let takesWrites = store.takesWrites
            return [
                "ready": .bool(takesWrites && peers.count(.webSocketWorker) > 0), "hub": true,
                "store": .bool(takesWrites),
                "workers": .object(JSONObject(workers)),
            ]
        }
        operations.on(.metrics) { [unowned self] _ in
            lookAtSpace()
            let text = PrometheusText.render([metrics.registry.snapshot()] + peers.stats)
            return ["text": .string(text)]
        }
    }
}
