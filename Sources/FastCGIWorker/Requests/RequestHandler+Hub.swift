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
            events = try PublishRequest(document, for: caller.principal.teamID, at: now())
        } catch {
            throw Refusal(OperationError(error))
        }
        let lacking = events.scopes.subtracting(caller.principal.scopes)
        if !lacking.isEmpty { throw Admission.missing(lacking) }
        let question = HubQuestion.publish(
            caller.principal.credentialID, events.events, texts: events.texts)
        return .json(try ask(question, isWrite: true))
    }

    func call(
        _ operation: Operation, _ caller: Caller?, _ fields: JSONObject, _ route: Route,
        device: String? = nil
    ) throws(Refusal) -> Response {
        let question = HubQuestion.call(caller?.principal.credentialID, operation, fields)
        let result = try ask(question, isWrite: route.isWrite)
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
        let result = try ask(.call(nil, .readiness, [:]), isWrite: false)
        guard result["ready"] == true else {
            throw Refusal(.serviceUnavailable, "not ready to serve", details: result)
        }
        return .json(result)
    }

    func metrics() throws(Refusal) -> Response {
        let result = try ask(.call(nil, .metrics, [:]), isWrite: false)
        return Response(
            status: 200, headers: [("Content-Type", PrometheusText.contentType)],
            body: Array((result["text"]?.stringValue ?? "").utf8))
    }

    private func ask(
        _ question: HubQuestion, isWrite: Bool
    ) throws(Refusal) -> JSONValue {
        switch hub.ask(question) {
        case .result(let value): return value
        case .refused(let error): throw Refusal(error)
        case .unsent: throw unanswered("the hub is away", isUnknown: false)
        case .lost: throw unanswered("the hub went away before it answered", isUnknown: isWrite)
        case .late: throw unanswered("the hub did not answer in time", isUnknown: isWrite)
        }
    }

    private func unanswered(_ reason: String, isUnknown: Bool) -> Refusal {
        let error =
            isUnknown
            ? OperationError(
                .outcomeUnknown,
                "\(reason), so this may have taken effect: look before you send it again; an"
                    + " eventId or a clientMessageId makes that safe", retryAfterSeconds: 2)
            : OperationError(
                .serviceUnavailable, "\(reason); try again in a moment", retryAfterSeconds: 1)
        return Refusal(error)
    }
}
