/// An error in the API's own words.
public struct APIError: Error, Sendable, Equatable {
    public enum Kind: String, Sendable, CaseIterable {
        case invalidRequest = "invalid_request_error"
        case authentication = "authentication_error"
        case billing = "billing_error"
        case permission = "permission_error"
        case notFound = "not_found_error"
        case conflict = "conflict_error"
        case requestTooLarge = "request_too_large"
        case rateLimit = "rate_limit_error"
        case timeout = "timeout_error"
        case api = "api_error"
        case overloaded = "overloaded_error"
        /// A type that this client does not know and a status that says no more.
        case unknown = "unknown_error"
    }

    public let kind: Kind
    /// 200 where the error came in the middle of a stream.
    public let status: Int
    /// For people; at most ``maximumMessageLength`` characters.
    public let message: String
    /// A gateway's own code, such as `context_length_exceeded`.
    public let code: String?
    /// What to tell Anthropic's support.
    public let requestID: String?
    /// What the server's headers say about trying again.
    public let advice: RetryAdvice

    public static let maximumMessageLength = 1_000
    public static let maximumRequestIDLength = 128

    public init(
        kind: Kind, status: Int, message: String, code: String? = nil, requestID: String? = nil,
        advice: RetryAdvice = RetryAdvice()
    ) {
        self.kind = kind
        self.status = status
        self.message = String(message.prefix(Self.maximumMessageLength))
        self.code = code.map { String($0.prefix(Self.maximumRequestIDLength)) }
        self.requestID = requestID.map { String($0.prefix(Self.maximumRequestIDLength)) }
        self.advice = advice
    }

    /// `x-should-retry` wins; else 408, 409, 429 and 5xx, or their types within a stream.
    public var canRetry: Bool {
        if let shouldRetry = advice.shouldRetry { return shouldRetry }
        if status != 200 { return [408, 409, 429].contains(status) || status >= 500 }
        return switch kind {
        case .rateLimit, .timeout, .api, .overloaded, .conflict: true
        default: false
        }
    }
}

extension APIError: CustomStringConvertible {
    public var description: String {
        let place = status == 200 ? "in its stream" : "with status \(status)"
        let request = requestID.map { " (request \($0))" } ?? ""
        return "the model's endpoint answered \(kind.rawValue) \(place): \(message)\(request)"
    }
}
