import ClaudeAPI

/// How a run can fail; the raw value is `code` of its `error` event.
package enum RunErrorCode: String, Sendable, CaseIterable {
    case modelNotConfigured = "MODEL_NOT_CONFIGURED"
    case modelAuthentication = "MODEL_AUTHENTICATION_FAILED"
    case modelRateLimited = "MODEL_RATE_LIMITED"
    case modelOverloaded = "MODEL_OVERLOADED"
    case modelUnavailable = "MODEL_UNAVAILABLE"
    case modelRejectedRequest = "MODEL_REJECTED_REQUEST"
    case modelProtocol = "MODEL_PROTOCOL_ERROR"
    case modelRefused = "MODEL_REFUSED"
    case contextTooLong = "CONTEXT_TOO_LONG"
    case outputLimit = "OUTPUT_LIMIT_REACHED"
    case stepLimit = "STEP_LIMIT_REACHED"
    case workspace = "WORKSPACE_UNUSABLE"
    case transcript = "TRANSCRIPT_UNAVAILABLE"
    case `internal` = "INTERNAL_ERROR"
}

/// Why a run failed, for the people in the session.
package struct RunFailure: Error, Equatable, Sendable, CustomStringConvertible {
    package let code: RunErrorCode
    package let message: String
    /// Whether the same message can succeed later, without anybody mending anything.
    package let canRetry: Bool

    package init(_ code: RunErrorCode, _ message: String, canRetry: Bool = false) {
        self.code = code
        self.message = message
        self.canRetry = canRetry
    }

    package var description: String { "\(code.rawValue): \(message)" }
}

extension RunFailure {
    /// What a failed request means for its run; every retry was made already.
    package init(_ error: ClaudeError) {
        guard case .api(let error) = error else {
            switch error {
            case .malformed, .garbled, .tooLarge:
                self.init(.modelProtocol, "\(error)", canRetry: error.canRetry)
            default: self.init(.modelUnavailable, "\(error)", canRetry: error.canRetry)
            }
            return
        }
        let advice =
            switch error.kind {
            case .authentication, .permission: "; the operator has to set a valid API key or token"
            case .billing: "; the operator has to look after the account"
            default: ""
            }
        self.init(Self.code(error), "\(error)\(advice)", canRetry: error.canRetry)
    }

    private static func code(_ error: APIError) -> RunErrorCode {
        switch error.kind {
        case .authentication, .permission, .billing: .modelAuthentication
        case .rateLimit: .modelRateLimited
        case .overloaded: .modelOverloaded
        case .requestTooLarge: .contextTooLong
        case .invalidRequest, .notFound, .conflict: .modelRejectedRequest
        case .timeout, .api, .unknown: .modelUnavailable
        }
    }

    static let outputLimit = RunFailure(
        .outputLimit,
        "The answer was cut off: it reached the limit of tokens for one answer. Ask to go on.",
        canRetry: true)

    static let answerTooLarge = RunFailure(
        .modelProtocol,
        "The model's answer is larger than a conversation keeps, and was left out of it. Ask for "
            + "less at once.")

    static let refused = RunFailure(
        .modelRefused,
        "The model declined to answer. The message is left out of the conversation; rephrase it.")

    static let contextTooLong = RunFailure(
        .contextTooLong,
        "The conversation is longer than the model's context, and summarising it did not help. "
            + "Start a new session.")

    static func stepLimit(_ steps: Int) -> RunFailure {
        RunFailure(
            .stepLimit,
            "The run was ended after \(steps) answers of the model. Send a message to go on.",
            canRetry: true)
    }
}
