import JSON

/// Answers requests as the Messages API would: the decisions of ``DemoModelServer``.
struct DemoModel {
    private let pace: Duration
    private var requestCount = 0
    private var countdowns = Countdowns()

    init(pace: Duration) { self.pace = pace }

    mutating func answer(_ request: HTTPServerRequest) -> Answer {
        requestCount += 1
        guard request.method == "POST" else {
            return .error(status: 404, message: "\(request.method) \(request.path) is not here")
        }
        guard
            request.headers["x-api-key"]?.isEmpty == false
                || request.headers["authorization"] != nil
        else { return .error(status: 401, message: "x-api-key header is required") }
        guard request.headers["anthropic-version"] != nil else {
            return .error(status: 400, message: "anthropic-version: header is required")
        }
        let body: JSONValue
        do {
            body = try JSONValue(parsing: request.body)
        } catch {
            return .error(status: 400, message: "The request body is not valid JSON: \(error)")
        }
        guard let object = body.objectValue, let parsed = ModelRequest(object) else {
            return .error(status: 400, message: "messages: Input should be a valid list")
        }
        return answer(parsed, path: request.path)
    }

    private mutating func answer(_ request: ModelRequest, path: String) -> Answer {
        let tokens = JSONValue.integer(Int64(request.inputTokens))
        switch path {
        case "/v1/messages/count_tokens":
            return .whole(status: 200, headers: headers, body: ["input_tokens": tokens])
        case "/v1/messages": break
        default: return .error(status: 404, message: "\(path) is not here", headers: headers)
        }
        if let complaint = RequestCheck.complaint(about: request) {
            return .error(status: 400, message: complaint, headers: headers)
        }
        let isDue = takesMishap(request)
        if isDue, let refusal = refusal(of: request) { return refusal }
        var scene = Script.scene(for: request)
        if !isDue { scene.mishap = nil }
        let text = EventText(
            messageID: "msg_demo\(requestCount)", model: request.model,
            inputTokens: request.inputTokens)
        guard request.isStreaming else {
            return .whole(status: 200, headers: headers, body: scene.message(text))
        }
        return .stream(Performance(scene, text: text, headers: headers, pace: pace))
    }

    /// Whether the prompt's mishap is for this request too.
    private mutating func takesMishap(_ request: ModelRequest) -> Bool {
        guard let times = MagicWords(request.prompt).times else { return true }
        return countdowns.take(request.prompt, times: times)
    }

    private func refusal(of request: ModelRequest) -> Answer? {
        guard request.exchanges.isEmpty else { return nil }
        switch MagicWords(request.prompt).words.first {
        case .error(let status):
            return .error(status: status, message: "As the prompt asked.", headers: headers)
        case .retryAfter(let seconds):
            return .error(
                status: 429, message: "As the prompt asked.",
                headers: headers + [("retry-after", String(seconds))])
        case .noStream:
            return .whole(status: 200, headers: headers, body: ["sign": "in first"])
        case .contextOverflow:
            return .error(
                status: 400, message: "prompt is too long: 210000 tokens > 200000 maximum",
                headers: headers)
        default: return nil
        }
    }

    private var headers: [(String, String)] { [("request-id", "req_demo\(requestCount)")] }
}

/// How often a prompt's mishap is still to come.
struct Countdowns {
    /// The oldest is forgotten first.
    static let maximumPrompts = 256

    private var left: [(prompt: String, count: Int)] = []

    /// True for the first `times` calls with a prompt, then false once, then anew.
    mutating func take(_ prompt: String, times: Int) -> Bool {
        let index = left.firstIndex { $0.prompt == prompt }
        let count = index.map { left.remove(at: $0).count } ?? times
        guard count > 0 else { return false }
        left.append((prompt, count - 1))
        if left.count > Self.maximumPrompts { left.removeFirst() }
        return true
    }
}
