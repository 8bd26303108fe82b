import Access
import JSON
import Protocol
import WebSockets

/// Every reason for an HTTP answer in place of an upgrade.
package enum HandshakeRefusal: Error, Equatable {
    case notFound
    case notAnUpgrade(isProxied: Bool)
    case access(AccessError)
    case tooManyConnections(ConnectionCounts.Limit)
    /// This worker is about to end.
    case draining
    case malformed(MalformedRequest)
    /// The process has no descriptor left for the client.
    case noDescriptors

    /// The code in the answer's body; the label of the metric too.
    package var code: ErrorCode {
        switch self {
        case .notFound: .notFound
        case .notAnUpgrade, .malformed(.unsupportedVersion): .upgradeRequired
        case .access(let error): error.code
        case .tooManyConnections, .noDescriptors: .tooManyConnections
        case .draining: .serviceUnavailable
        case .malformed(.timedOut): .requestTimeout
        case .malformed(.notHTTP), .malformed(.headTooLarge): .badRequest
        }
    }

    package var status: Int {
        switch self {
        case .malformed(.headTooLarge): 431
        default: code.httpStatus
        }
    }

    /// The setting whose limit it was.
    package var limit: String? {
        switch self {
        case .tooManyConnections(let limit): limit.rawValue
        case .noDescriptors: "webSocket.descriptors"
        case .malformed(.timedOut): "webSocket.handshakeTimeoutMs"
        default: nil
        }
    }

    private var message: String {
        switch self {
        case .notFound: "there is nothing here; WebSockets are at \(HandshakePolicy.path)"
        case .notAnUpgrade: "this path takes WebSocket handshakes only (RFC 6455)"
        case .access(let error): error.description
        case .tooManyConnections(let limit):
            "too many open connections (\(limit.rawValue)); close some, or try again later"
        case .noDescriptors: "this worker has no room for another connection; try again later"
        case .draining: "this worker is about to restart; try again"
        case .malformed(.notHTTP(let what)): "the request is malformed: \(what)"
        case .malformed(.headTooLarge(let maximum)): "the request's head is over \(maximum) bytes"
        case .malformed(.timedOut): "the request took too long to arrive"
        case .malformed(.unsupportedVersion): "only WebSocket version 13 is spoken (RFC 6455)"
        }
    }

    private var headers: [(name: String, value: String)] {
        switch self {
        // A proxy would pass it to a client of HTTP/2, where it is an error (RFC 9113 §8.2.2).
        case .notAnUpgrade(isProxied: true): []
        case .notAnUpgrade, .malformed(.unsupportedVersion): [("Upgrade", "websocket")]
        case .access(.unavailable), .draining: [("Retry-After", "1")]
        case .access(let error) where error.code.httpStatus == 401:
            [("WWW-Authenticate", "Bearer")]
        case .tooManyConnections, .noDescriptors: [("Retry-After", "10")]
        default: []
        }
    }

    /// The whole answer, as REST would give it.
    package func answer(requestID: RequestID) -> HTTPRefusal {
        let body: JSONValue = [
            "error": [
                "code": .string(code.rawValue), "message": .string(message),
                "requestId": .string(requestID.text),
            ]
        ]
        let common = [
            ("Content-Type", "application/json"), ("Cache-Control", "no-store"),
            ("x-request-id", requestID.text),
        ]
        return HTTPRefusal(
            status: status, reason: HTTPStatus.phrase(status),
            headers: common.map { (name: $0, value: $1) } + headers, body: body.encoded())
    }
}
