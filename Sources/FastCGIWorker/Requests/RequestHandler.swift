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
    private let hub: any HubCaller
    private let gate: any Gate
    private let origins: OriginPolicy
    private let body: RequestBody
    private let logger: Logger
    private let limits: Counter
    private let now: @Sendable () -> Timestamp
    private let description = OpenAPIDocument.make().encoded()

    /// - Parameter now: the time of day.
    package init(
        hub: any HubCaller, gate: any Gate, settings: Settings, metrics: Metrics, logger: Logger,
        now: @escaping @Sendable () -> Timestamp
    ) {
        self.hub = hub
        self.gate = gate
        origins = OriginPolicy(allowedOrigins: settings.http.allowedOrigins)
        body = RequestBody(maximumBytes: settings.fastCGI.maximumBodyBytes)
        self.logger = logger
        limits = metrics.counter(.limitsReached, "fastCGI.maximumBodyBytes")
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
        let target = RequestTarget(path: request.path, query: request.query)
        let (route, parameters) = try route(request, target)
        if let name = target.malformedQuery.first {
            throw Refusal(path: name, "the query is not percent-encoded UTF-8")
        }
        let caller = try admit(request, to: route)
        switch route.target {
        case .health: return .json(["status": "ok"])
        case .description:
            return Response(
                status: 200, headers: [("Content-Type", "application/json")], body: description)
        case .readiness: return try readiness()
        case .metrics: return try metrics()
        case .publish: return try publish(request, caller)
        case .operation(let operation):
            var fields = try body(of: request, route)
            for (name, value) in try queryValues(target, route) { fields[name] = value }
            // Last, so that nothing in a body names another thing than the path.
            for (name, value) in parameters { fields[name] = .string(value) }
            if operation == .login { fields["address"] = .string(request.remoteAddress) }
            return try call(operation, caller, fields, route)
        }
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
        guard route.body != nil else { return [:] }
        guard let fields = try body.read(request).objectValue else {
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

// MARK: - Who asks

extension RequestHandler {
    /// - Returns: nil for what is open to everybody.
    private func admit(_ request: Request, to route: Route) throws(Refusal) -> Caller? {
        switch route.access {
        case .open: return nil
        case .authenticated: return try caller(request, route)
        case .scope(let scope): return try caller(request, route, anyOf: [scope])
        case .publishing: return try caller(request, route, anyOf: [.publish, .sessionsRun])
        case .loopbackOrKey:
            if RemoteAddress.isLoopback(request.remoteAddress) { return nil }
            let caller = try caller(request, route)
            guard caller.principal.subject == .apiKey else {
                throw Refusal(.forbidden, "measurements are read with an API key")
            }
            return caller
        }
    }

    private func caller(
        _ request: Request, _ route: Route, anyOf scopes: Set<Scope>? = nil
    ) throws(Refusal) -> Caller {
        let caller = try gate.admit(request)
        if route.isWrite, caller.isByCookie { try checkOrigin(of: request) }
        if let scopes, caller.principal.scopes.isDisjoint(with: scopes) {
            throw Self.missing(scopes)
        }
        return caller
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

    private static func missing(_ scopes: Set<Scope>) -> Refusal {
        let names = scopes.map(\.rawValue).sorted()
        return Refusal(
            .scopeRequired, "the credential lacks the scope \(names.joined(separator: " or "))",
            details: ["scopes": .array(names.map { .string($0) })])
    }
}

// MARK: - What the hub answers

extension RequestHandler {
    private func publish(
        _ request: Request, _ caller: Caller?
    ) throws(Refusal) -> Response {
        guard let caller else { preconditionFailure("publishing is not open to everybody") }
        let document = try body.read(request)
        let events: PublishRequest
        do throws(ValidationError) {
            events = try PublishRequest(document, at: now())
        } catch {
            throw Refusal(OperationError(error))
        }
        let lacking = events.scopes.subtracting(caller.principal.scopes)
        if !lacking.isEmpty { throw Self.missing(lacking) }
        let question = HubQuestion.publish(
            caller.principal.credentialID, events.events, texts: events.texts)
        return .json(try ask(question))
    }

    private func call(
        _ operation: Operation, _ caller: Caller?, _ fields: JSONObject, _ route: Route
    ) throws(Refusal) -> Response {
        let question = HubQuestion.call(caller?.principal.credentialID, operation, fields)
        let result = try ask(question)
        var response =
            route.success.schema == nil
            ? Response(status: route.success.status)
            : .json(result, status: route.success.status)
        switch operation {
        case .login: response = try LoginCookie.answer(result)
        case .logout: response.headers.append(LoginCookie.cleared)
        default: break
        }
        return response
    }

    private func readiness() throws(Refusal) -> Response {
        let result = try ask(.call(nil, .readiness, [:]))
        guard result["ready"] == true else {
            throw Refusal(.serviceUnavailable, "not ready to serve", details: result)
        }
        return .json(result)
    }

    private func metrics() throws(Refusal) -> Response {
        let result = try ask(.call(nil, .metrics, [:]))
        return Response(
            status: 200, headers: [("Content-Type", PrometheusText.contentType)],
            body: Array((result["text"]?.stringValue ?? "").utf8))
    }

    private func ask(_ question: HubQuestion) throws(Refusal) -> JSONValue {
        switch hub.ask(question) {
        case .result(let value): return value
        case .refused(let error): throw Refusal(error)
        case .lost:
            throw Refusal(
                OperationError(
                    .serviceUnavailable, "the hub is away; try again in a moment",
                    retryAfterSeconds: 1))
        case .late:
            throw Refusal(
                OperationError(
                    .serviceUnavailable,
                    "the hub did not answer in time; the request may still take effect",
                    retryAfterSeconds: 2))
        }
    }
}
