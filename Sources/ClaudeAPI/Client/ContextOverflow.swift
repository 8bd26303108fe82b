extension APIError {
    /// Whether the request holds more than the model's context takes.
    ///
    /// Each endpoint says it in words of its own, some with a status that means something else; a
    /// rate of tokens over its limit sounds alike, and is none.
    public var isContextOverflow: Bool {
        if kind == .requestTooLarge { return true }
        guard Self.overflowKinds.contains(kind) else { return false }
        if let code, OverflowWords.codes.contains(code.lowercased()) { return true }
        let text = message.lowercased()
        if OverflowWords.others.contains(where: { text.contains($0) }) { return false }
        return OverflowWords.phrases.contains { phrase in
            var rest = text[...]
            return phrase.allSatisfy { part in
                guard let range = rest.firstRange(of: part) else { return false }
                rest = rest[range.upperBound...]
                return true
            }
        }
    }

    /// Gateways turn a refusal of the model behind them into errors of their own.
    private static let overflowKinds: Set<Kind> = [.invalidRequest, .api, .unknown]
}

/// How endpoints say that a request is too long, in lower case.
enum OverflowWords {
    static let codes: Set<String> = [
        "context_length_exceeded", "context_window_exceeded", "contextwindowexceedederror",
        "model_context_window_exceeded", "request_too_large",
    ]

    /// Each a list of parts that follow one another.
    static let phrases: [[String]] = [
        // Anthropic, Bedrock, Vertex.
        ["prompt is too long"],
        ["exceed context limit"],
        ["exceeds the context window"],
        ["context window", "exceeded"],
        ["contextwindowexceedederror"],
        ["request exceeds the maximum size"],
        ["input is too long for requested model"],
        ["too many input tokens"],
        ["too many tokens"],
        ["input token count", "exceeds the maximum"],
        ["exceeds the maximum number of tokens allowed"],
        // OpenAI and those that speak like it: vLLM, LiteLLM, OpenRouter, DeepSeek.
        ["maximum context length"],
        ["context length exceeded"],
        ["context_length_exceeded"],
        ["reduce the length of the messages"],
        ["longer than the maximum model length"],
        ["longer than the model", "context length"],
        ["too long to fit into the model"],
        ["decoder prompt", "too long"],
        ["maximum input length is"],
        ["input tokens exceed the configured limit"],
        ["inputs` tokens + `max_new_tokens` must be"],
        // Ollama, llama.cpp, LM Studio.
        ["prompt too long"],
        ["exceeds the available context size"],
        ["exceeds", "context length"],
        ["greater than the context length"],
        ["context size has been exceeded"],
        // xAI, Mistral, Kimi, MiniMax, z.ai, Cerebras, Copilot.
        ["maximum prompt length is"],
        ["too large for model", "context length"],
        ["exceeded model token limit"],
        ["context window exceeds limit"],
        ["prompt exceeds max length"],
        ["current length is", "while limit is"],
        ["prompt token count", "exceeds the limit of"],
        ["range of input length should be"],
    ]

    /// What sounds like it and is something else.
    static let others = [
        "rate limit", "rate_limit", "tokens per minute", "tokens per day", "per-minute",
        "too many requests", "credit balance",
    ]
}
