import Access
import FastCGI
import JSON
import Protocol

/// A complete HTTP answer.
package struct Response: Sendable {
    package typealias Header = (name: String, value: String)

    package let status: Int
    package var headers: [Header]
    package let body: [UInt8]

    init(status: Int, headers: [Header] = [], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    package var output: CGIOutput {
        CGIOutput(
            status: status, phrase: HTTPStatus.phrase(status),
            headers: headers.map { ($0.name, $0.value) }, body: body)
    }

    /// An answer in JSON.
    static func json(_ value: JSONValue, status: Int = 200) -> Response {
        Response(
            status: status, headers: [("Content-Type", "application/json")],
            body: value.encoded())
    }

    /// The one form of an error (CONTRACT §4).
    ///
    /// Example: `{"error":{"code":"NOT_FOUND","message":"…","requestId":"r1"}}`.
    static func refusal(_ refusal: Refusal, requestID: RequestID) -> Response {
        let error = refusal.error
        var fields: JSONObject = [
            "code": .string(error.code.rawValue), "message": .string(error.message),
            "requestId": .string(requestID.text),
        ]
        if let details = error.details { fields["details"] = details }
        var response = Response.json(
            ["error": .object(fields)], status: error.code.httpStatus)
        response.headers += refusal.headers
        if let seconds = error.retryAfterSeconds {
            response.headers.append(("Retry-After", "\(seconds)"))
        }
        if response.status == 401 {
            response.headers.append(("WWW-Authenticate", "Bearer realm=\"switchboard\""))
        }
        return response
    }
}

/// Why a request is not served, with what the answer's head says besides.
package struct Refusal: Error {
    package let error: OperationError
    package let headers: [Response.Header]

    package init(_ error: OperationError, headers: [Response.Header] = []) {
        self.error = error
        self.headers = headers
    }

    init(_ code: ErrorCode, _ message: String, details: JSONValue? = nil) {
        self.init(OperationError(code, message, details: details))
    }

    /// The shape of one part of the request is wrong.
    init(path: String, _ problem: String) {
        self.init(OperationError(ValidationError(path: path, problem)))
    }
}
