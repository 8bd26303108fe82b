import HTTPClient
import JSON
import Protocol
import Realtime

/// An installation elsewhere, through its REST API with an API key.
public final class RemoteClient: Administration {
    let origin: String
    let key: String
    let trust: HTTPTrust
    private let http: HTTPClient

    /// `origin` is `https://HOST[:PORT]`; nothing is asked before the first call.
    public init(origin: String, key: String, trust: HTTPTrust) {
        self.origin = origin.hasSuffix("/") ? String(origin.dropLast()) : origin
        self.key = key
        self.trust = trust
        http = HTTPClient(trust: trust)
    }

    public func call(
        _ operation: Operation, _ parameters: JSONObject
    ) throws(ClientError) -> JSONValue {
        guard let route = Route(operation, parameters) else { throw .localOnly(operation) }
        return try send(route.method, route.target, body: route.body)
    }

    public func publish(
        _ events: [JSONObject], of team: TeamID?
    ) throws(ClientError) -> [JSONValue] {
        let body: JSONValue = ["events": .array(events.map { .object($0) })]
        let answer = try send("POST", "/api/publish", body: body.encoded())
        guard let results = answer["results"]?.arrayValue else {
            throw .unexpectedAnswer("publish has no results")
        }
        return results
    }

    private func send(
        _ method: String, _ target: String, body: [UInt8]?
    ) throws(ClientError) -> JSONValue {
        var request = HTTPRequest(
            method, origin + target,
            headers: [("x-api-key", key), ("accept", "application/json")], body: body)
        if body != nil { request.headers.append(("content-type", "application/json")) }
        let response: HTTPResponse
        do throws(HTTPClientError) {
            response = try http.perform(request)
        } catch {
            throw .transport(error)
        }
        let value: JSONValue
        do {
            value = response.body.isEmpty ? .null : try JSONValue(parsing: response.body)
        } catch {
            throw .unexpectedAnswer("status \(response.status), and the body is not JSON")
        }
        guard (200..<300).contains(response.status) else {
            throw Self.refusal(value, status: response.status)
        }
        return value
    }

    static func refusal(_ body: JSONValue, status: Int) -> ClientError {
        guard let error = body["error"], let word = error["code"]?.stringValue,
            let code = ErrorCode(rawValue: word)
        else { return .unexpectedAnswer("status \(status) without a known error code") }
        return .refused(
            OperationError(
                code, error["message"]?.stringValue ?? "", details: error["details"]))
    }
}
