import JSON

/// Why an operation was refused: what REST shows as its error body.
public struct OperationError: Error, Equatable, Sendable, CustomStringConvertible {
    public let code: ErrorCode
    /// What was attempted, with what, why it failed and what to do; holds no secret.
    public let message: String
    public let details: JSONValue?
    /// How long to wait before the same request makes sense again.
    public let retryAfterSeconds: Int?

    public init(
        _ code: ErrorCode, _ message: String, details: JSONValue? = nil,
        retryAfterSeconds: Int? = nil
    ) {
        self.code = code
        self.message = message
        self.details = details
        self.retryAfterSeconds = retryAfterSeconds
    }

    public init(_ error: ValidationError) {
        self.init(
            .validationError, "the request's shape is wrong: \(error)", details: error.details)
    }

    public var description: String { "\(code.rawValue): \(message)" }
}
