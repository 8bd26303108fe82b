extension APIError.Kind {
    /// By the error's own type or code, else by the status; 0 where the error came in a stream.
    ///
    /// Within a stream a word that nobody knows counts as the server's fault, as its sibling over
    /// HTTP would: asking again can help, and costs little where it does not.
    init(type: String?, code: String?, status: Int) {
        let words = [type, code].compactMap { $0 }
        let known = words.lazy.compactMap(Self.init(word:)).first
        let byStatus = Self.init(status: status)
        if status == 0 {
            self = known ?? .api
        } else if byStatus == .unknown || byStatus == .invalidRequest || byStatus == .api {
            self = known ?? byStatus
        } else {
            self = type.flatMap(Self.init(rawValue:)) ?? byStatus
        }
    }

    private init?(word: String) {
        if let known = Self(rawValue: word) ?? Self.gatewayWords[word.lowercased()] {
            self = known
        } else if let status = Int(word), case let kind = Self(status: status), kind != .unknown {
            self = kind
        } else {
            return nil
        }
    }

    private init(status: Int) {
        self =
            switch status {
            case 400, 422: .invalidRequest
            case 401: .authentication
            case 402: .billing
            case 403: .permission
            case 404: .notFound
            case 408, 504, 524: .timeout
            case 409: .conflict
            case 413: .requestTooLarge
            case 429: .rateLimit
            case 503, 529: .overloaded
            case 500...599: .api
            default: .unknown
            }
    }

    /// What gateways and other providers call the same, in lower case.
    private static let gatewayWords: [String: Self] = [
        // OpenAI, vLLM, LiteLLM.
        "badrequesterror": .invalidRequest, "bad_request": .invalidRequest,
        "context_length_exceeded": .invalidRequest, "contextwindowexceedederror": .invalidRequest,
        "authenticationerror": .authentication, "invalid_api_key": .authentication,
        "insufficient_quota": .billing, "permissiondeniederror": .permission,
        "notfounderror": .notFound, "model_not_found": .notFound,
        "rate_limit_exceeded": .rateLimit, "ratelimiterror": .rateLimit,
        "throttling_error": .rateLimit, "timeout": .timeout,
        "internal_server_error": .api, "internalservererror": .api, "server_error": .api,
        "serviceunavailableerror": .overloaded, "service_unavailable": .overloaded,
        // Bedrock.
        "validationexception": .invalidRequest, "accessdeniedexception": .permission,
        "throttlingexception": .rateLimit, "modeltimeoutexception": .timeout,
        "internalserverexception": .api, "modelstreamerrorexception": .api,
        "serviceunavailableexception": .overloaded, "modelnotreadyexception": .overloaded,
        // Vertex.
        "invalid_argument": .invalidRequest, "failed_precondition": .invalidRequest,
        "unauthenticated": .authentication, "permission_denied": .permission,
        "not_found": .notFound, "resource_exhausted": .rateLimit,
        "deadline_exceeded": .timeout, "internal": .api, "unavailable": .overloaded,
    ]
}
