import Access
import Daemon
import JSON
import Logging
import Protocol
import Realtime

/// Turns one request into one answer: route, credential, scope, body, hub.
///
/// Any thread; blocks while the hub is asked.
package struct RequestHandler: Sendable {
    private let router = Router()
    private let admission: Admission
    let hub: any HubCaller
    let body: RequestBody
    private let places: RequestPlaces
    private let logger: Logger
    private let limits: Counter
    private let passwords: PasswordPlaces
    let now: @Sendable () -> Timestamp
    private let description = OpenAPIDocument.make().encoded()

    /// - Parameter now: the time of day.
    package init(
        hub: any HubCaller, gate: any Gate, settings: Settings, metrics: Metrics, logger: Logger,
        now: @escaping @Sendable () -> Timestamp
    ) {
        self.hub = hub
        admission = Admission(
            gate: gate, hub: hub,
            origins: OriginPolicy(allowedOrigins: settings.http.allowedOrigins))
        body = RequestBody(maximumBytes: settings.fastCGI.maximumBodyBytes)
        places = RequestPlaces(threads: settings.fastCGI.threads, metrics: metrics)
        self.logger = logger
        limits = metrics.counter(.limitsReached, "fastCGI.maximumBodyBytes")
        passwords = PasswordPlaces(
            capacity: settings.fastCGI.signInThreads, threads: settings.fastCGI.threads,
            metrics: metrics)
        self.now = now
    }

    /// Always answers, and never throws: what a peer sent can only lead to a refusal.
    package func answer(_ request: Request) -> Response {
        let id = RequestID(from: request.header("x-request-id"))
        var response: Response
        do throws(Refusal) {
            response = try serve(request)
        } catch {
            note(error, request, id)
            response = .refusal(error, requestID: id)
        }
        response.headers.append(("x-request-id", id.text))
        response.headers.append(("Cache-Control", "no-store"))
        return response
    }

    private func serve(_ request: Request) throws(Refusal) -> Response {
        if let name = request.repeatedHeader {
            throw Refusal(.badRequest, "the header \(name) was sent more than once")
        }
        let target = RequestTarget(path: request.path, query: request.query)
        let (route, parameters) = try route(request, target)
        if let name = target.malformedQuery.first {
            throw Refusal(path: name, "the query is not percent-encoded UTF-8")
        }
        let caller = try admission.admit(request, to: route)
        return try places.withPlace(for: caller?.principal.teamID) { () throws(Refusal) in
            try serve(request, target, route, parameters, for: caller)
        }
    }

    private func serve(
        _ request: Request, _ target: RequestTarget, _ route: Route,
        _ parameters: [(name: String, value: String)], for caller: Caller?
    ) throws(Refusal) -> Response {
        switch route.target {
        case .health: return .json(["status": "ok"])
        case .description:
            return Response(
                status: 200, headers: [("Content-Type", "application/json")],
                body: request.prefix.isEmpty
                    ? description : OpenAPIDocument.make(prefix: request.prefix).encoded())
        case .readiness: return try readiness()
        case .metrics: return try metrics()
        case .publish: return try publish(request, caller)
        case .operation(let operation):
            var fields = try body(of: request, route)
            for (name, value) in try queryValues(target, route) { fields[name] = value }
            // Last, so that nothing in a body names another thing than the path.
            for (name, value) in parameters { fields[name] = .string(value) }
            return try answer(operation, request, caller, &fields, route)
        }
    }

    /// What of a request concerns signing in is told by the worker alone, whatever a body says.
    private func answer(
        _ operation: Operation, _ request: Request, _ caller: Caller?, _ fields: inout JSONObject,
        _ route: Route
    ) throws(Refusal) -> Response {
        let device = LoginCookie.device(in: request)
        switch operation {
        case .login, .changePassword, .endLogins:
            fields["address"] = .string(request.remoteAddress)
            fields["device"] = DeviceName.of(request.header("user-agent"))
                .map { JSONValue.string($0) }
            fields["deviceToken"] = device.map { JSONValue.string($0) }
        default: break
        }
        guard operation.isPasswordWork else {
            return try call(operation, caller, fields, route, device: device)
        }
        let isKnown = caller != nil || device != nil
        guard let place = passwords.enter(request.remoteAddress, isKnown: isKnown) else {
            throw Refusal(
                OperationError(
                    .rateLimited, "too many people sign in at this moment; try again",
                    retryAfterSeconds: 1))
        }
        defer { passwords.leave(place) }
        if operation == .login { fields["knownDevicesOnly"] = .bool(place == .kept) }
        return try call(operation, caller, fields, route, device: device)
    }

    private func note(_ refusal: Refusal, _ request: Request, _ id: RequestID) {
        let code = refusal.error.code
        if code == .payloadTooLarge { limits.add() }
        logger.log(
            // A hub that is away is logged once by its link, not once by every request.
            level: code == .internalError ? .error : .debug, "request refused",
            metadata: [
                "request": "\(id.text)", "code": "\(code.rawValue)", "method": "\(request.method)",
                "path": "\(request.path)", "reason": "\(refusal.error.message)",
            ])
    }
}

// MARK: - What was asked

extension RequestHandler {
    private func route(
        _ request: Request, _ target: RequestTarget
    ) throws(Refusal) -> (Route, [(name: String, value: String)]) {
        switch router.match(method: request.method, segments: target.segments) {
        case .found(let route, let parameters): return (route, parameters)
        case .wrongMethod(let allowed):
            let list = allowed.map(\.rawValue).joined(separator: ", ")
            throw Refusal(
                OperationError(.methodNotAllowed, "this path takes \(list)"),
                headers: [("Allow", list)])
        case .unknown:
            throw Refusal(.notFound, "there is no such path; /openapi.json lists them")
        }
    }

    private func body(
        of request: Request, _ route: Route
    ) throws(Refusal) -> JSONObject {
        guard let schema = route.body else { return [:] }
        let isOptional = RequestSchemas.optionalBodies.contains(schema)
        guard let fields = try body.read(request, isOptional: isOptional).objectValue else {
            throw Refusal(path: "", "the body is a JSON object")
        }
        return fields
    }

    private func queryValues(
        _ target: RequestTarget, _ route: Route
    ) throws(Refusal) -> [(String, JSONValue)] {
        var values: [(String, JSONValue)] = []
        for parameter in route.query {
            let given = target.query.filter { $0.name == parameter.name }
            if given.count > 1 { throw Refusal(path: parameter.name, "once at most") }
            if let text = given.first?.value {
                values.append((parameter.name, parameter.value(text)))
            }
        }
        return values
    }
}
