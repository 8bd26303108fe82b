import Access
import Protocol

/// Who may ask what: credential, origin and scope, before anything of a body is read.
struct Admission: Sendable {
    private let gate: any Gate
    private let hub: any HubCaller
    private let origins: OriginPolicy

    init(gate: any Gate, hub: any HubCaller, origins: OriginPolicy) {
        self.gate = gate
        self.hub = hub
        self.origins = origins
    }

    /// - Returns: nil for what is open to everybody.
    func admit(_ request: Request, to route: Route) throws(Refusal) -> Caller? {
        switch route.access {
        case .open: return nil
        case .authenticated, .reading: return try caller(request, route)
        case .scope(let scope): return try caller(request, route, anyOf: [scope])
        case .installation:
            let caller = try caller(request, route, anyOf: [.admin])
            guard caller.principal.isInstallationAdmin else {
                throw Refusal(
                    .forbidden,
                    "this is about all teams and takes an admin of the installation; on the server,"
                        + " `switchboard users installation ID` makes one")
            }
            return caller
        case .publishing: return try caller(request, route, anyOf: [.publish, .sessionsRun])
        case .loopbackOrAdminKey:
            if RemoteAddress.isLoopback(request.remoteAddress) { return nil }
            let caller = try caller(request, route, anyOf: [.admin])
            guard caller.principal.subject == .apiKey else {
                throw Refusal(.forbidden, "measurements are read with an API key")
            }
            return caller
        }
    }

    private func caller(
        _ request: Request, _ route: Route, anyOf scopes: Set<Scope>? = nil
    ) throws(Refusal) -> Caller {
        let caller = try admit(request)
        if route.isWrite, caller.isByCookie { try checkOrigin(of: request) }
        if let scopes, caller.principal.scopes.isDisjoint(with: scopes) {
            throw Self.missing(scopes)
        }
        return caller
    }

    /// Whoever made a credential may use it at once, anywhere: what is unknown here is refused only
    /// once the hub has answered, because its answer comes behind the news that were under way.
    private func admit(_ request: Request) throws(Refusal) -> Caller {
        do throws(AccessError) {
            do throws(AccessError) {
                return try gate.admit(request)
            } catch {
                guard error.isForWantOfNews else { throw error }
                // Without an answer nobody knows what was under way.
                guard case .result = hub.ask(.call(nil, .readiness, [:])) else {
                    throw .unavailable
                }
                return try gate.admit(request)
            }
        } catch {
            throw Refusal(
                OperationError(
                    error.code, "\(error)", retryAfterSeconds: error == .unavailable ? 1 : nil))
        }
    }

    /// A page of another site can make a browser send a write, cookie and all: it must come from an
    /// allowed origin, or say that it comes from this one.
    private func checkOrigin(of request: Request) throws(Refusal) {
        let isAllowed =
            if let origin = request.header("origin") {
                origins.allows(origin: origin, host: request.header("host"))
            } else {
                request.header("sec-fetch-site") == "same-origin"
            }
        if !isAllowed {
            throw Refusal(
                .originForbidden,
                "a write with a cookie must come from this site's own pages; send an API key "
                    + "elsewhere")
        }
    }

    /// The refusal of a caller who holds none of these scopes.
    static func missing(_ scopes: Set<Scope>) -> Refusal {
        let names = scopes.map(\.rawValue).sorted()
        return Refusal(
            .scopeRequired, "the credential lacks the scope \(names.joined(separator: " or "))",
            details: ["scopes": .array(names.map { .string($0) })])
    }
}
