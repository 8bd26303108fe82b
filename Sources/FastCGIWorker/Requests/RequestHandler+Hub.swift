import Daemon
import JSON
import Protocol

/// The part of a request that only the hub can answer.
extension RequestHandler {
    func publish(
        _ request: Request, _ caller: Caller?
    ) throws(Refusal) -> Response {
        guard let caller else { preconditionFailure("publishing is not open to everybody") }
        let document = try body.read(request, isOptional: false)
        let events: PublishRequest
        do throws(ValidationError) {
            events = try PublishRequest(document, at: now())
        } catch {
            throw Refusal(OperationError(error))
        }
        let lacking = events.scopes.subtracting(caller.principal.scopes)
        if !lacking.isEmpty { throw Admission.missing(lacking) }
        let question = HubQuestion.publish(
            caller.principal.credentialID, events.events, texts: events.texts)
        return .json(try ask(question))
    }

    func call(
        _ operation: Operation, _ caller: Caller?, _ fields: JSONObject, _ route: Route,
        device: String? = nil
    ) throws(Refusal) -> Response {
        let question = HubQuestion.call(caller?.principal.credentialID, operation, fields)
        let result = try ask(question)
        var response =
            route.success.schema == nil
            ? Response(status: route.success.status)
            : .json(result, status: route.success.status)
        switch operation {
        case .login: response = try LoginCookie.answer(result, device: device, at: now())
        case .logout: response.headers.append(LoginCookie.cleared)
        case .endLogins where fields["keep"] == nil:
            response.headers.append(LoginCookie.cleared)
        default: break
        }
        return response
    }

    func readiness() throws(Refusal) -> Response {
        let result = try ask(.call(nil, .readiness, [:]))
        guard result["ready"] == true else {
            throw Refusal(.serviceUnavailable, "not ready to serve", details: result)
        }
        return .json(result)
    }

    func metrics() throws(Refusal) -> Response {
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
