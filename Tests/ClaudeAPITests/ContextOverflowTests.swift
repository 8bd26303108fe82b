import ClaudeAPI
import Testing

/// How endpoints say that the conversation is too long, and what only sounds like it.
struct ContextOverflowTests {
    private static let overflows: [(status: Int, body: String)] = [
        // The API, over HTTP and in a stream, with its maximum of bytes, and with thinking's budget.
        (
            400,
            #"{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 209353 tokens > 199999 maximum"}}"#
        ),
        (
            400,
            #"{"type":"error","error":{"type":"invalid_request_error","message":"input length and `max_tokens` exceed context limit: 199759 + 8192 > 200000, decrease input length or `max_tokens` and try again"}}"#
        ),
        (413, #"{"type":"error","error":{"type":"request_too_large","message":"Too large"}}"#),
        (413, "<html>413 Request Entity Too Large</html>"),
        (400, #"{"error":{"message":"Request exceeds the maximum size","type":"error"}}"#),
        // Bedrock.
        (400, #"{"message":"Input is too long for requested model."}"#),
        (400, #"{"message":"The model returned the following errors: prompt is too long: 1 > 0"}"#),
        (400, #"{"message":"Too many input tokens. Max input tokens: 128000, request: 130000"}"#),
        // Vertex.
        (
            400,
            #"{"error":{"code":400,"message":"The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).","status":"INVALID_ARGUMENT"}}"#
        ),
        (
            400,
            #"{"error":{"code":400,"message":"Prompt is too long","status":"INVALID_ARGUMENT"}}"#
        ),
        // LiteLLM, which may make a 500 of it.
        (
            400,
            #"{"error":{"message":"litellm.ContextWindowExceededError: litellm.BadRequestError: AnthropicException","type":"None","param":"None","code":"400"}}"#
        ),
        (500, #"{"error":{"message":"litellm.ContextWindowExceededError: x","code":"500"}}"#),
        // OpenAI and OpenRouter.
        (
            400,
            #"{"error":{"message":"Too much.","type":"invalid_request_error","param":"messages","code":"context_length_exceeded"}}"#
        ),
        (
            400,
            #"{"error":{"message":"This model's maximum context length is 4097 tokens. However, your messages resulted in 4301 tokens.","type":"invalid_request_error"}}"#
        ),
        (
            400,
            #"{"error":{"message":"This endpoint's maximum context length is 32768 tokens. However, you requested about 42832 tokens","code":400}}"#
        ),
        (400, #"{"error":{"message":"Your input exceeds the context window of this model."}}"#),
        // vLLM, also with the status that its validation has.
        (
            400,
            #"{"object":"error","message":"This model's maximum context length is 8192 tokens. However, you requested 8203 tokens","type":"BadRequestError","code":400}"#
        ),
        (
            422,
            #"{"message":"The decoder prompt (length 25938) is longer than the maximum model length of 4096."}"#
        ),
        (400, #"{"error":"The prompt (total length 25938) is too long to fit into the model"}"#),
        // Ollama, llama.cpp, LM Studio.
        (400, #"{"error":"input length exceeds the context length"}"#),
        (400, #"{"error":"prompt too long; exceeded max context length by 4 tokens"}"#),
        (
            400,
            #"{"error":{"code":400,"message":"the request exceeds the available context size. try increasing it","type":"exceed_context_size_error"}}"#
        ),
        (
            400,
            #"{"error":"The number of tokens to keep from the initial prompt is greater than the context length"}"#
        ),
        // Others.
        (
            400,
            #"{"error":"This model's maximum prompt length is 131072 but the request contains 2"}"#
        ),
        (400, #"{"error":{"message":"Your request exceeded model token limit: 262144"}}"#),
        (
            400,
            #"{"message":"Please reduce the length of the messages or completion. Current length is 9 while limit is 8"}"#
        ),
    ]

    private static let others: [(status: Int, body: String)] = [
        (
            429,
            #"{"error":{"type":"rate_limit_error","message":"This request would exceed your rate limit of 40,000 input tokens per minute"}}"#
        ),
        (
            400,
            #"{"error":{"type":"invalid_request_error","message":"max_tokens: 200000 > 64000, which is the maximum allowed number of output tokens"}}"#
        ),
        (
            400,
            #"{"error":{"type":"invalid_request_error","message":"Your credit balance is too low"}}"#
        ),
        (400, #"{"error":{"type":"invalid_request_error","message":"messages.0: too long name"}}"#),
        (429, #"{"message":"Too many tokens, please wait before trying again."}"#),
        (401, #"{"error":{"message":"prompt is too long"}}"#),
        (500, #"{"error":{"type":"api_error","message":"Internal server error"}}"#),
        (400, ""),
    ]

    private func error(_ status: Int, _ body: String) -> ClaudeError {
        .api(APIError(status: status, headers: [], body: Array(body.utf8)))
    }

    @Test(arguments: overflows.indices)
    func `an overflow is known in every endpoint's words, and not asked for again`(_ index: Int) {
        let (status, body) = Self.overflows[index]
        #expect(error(status, body).isContextOverflow)
        #expect(!error(status, body).canRetry)
        #expect(!error(status, body).isRefusedRequest)
    }

    @Test(arguments: others.indices)
    func `what only sounds like an overflow is none`(_ index: Int) {
        #expect(!error(Self.others[index].status, Self.others[index].body).isContextOverflow)
    }

    @Test func `an overflow within a stream is known, too`() {
        let event = StreamScript.event(
            "error", #"{"error":{"message":"x","type":"None","code":"context_length_exceeded"}}"#)
        let failure = #expect(throws: ClaudeError.self) { try fold([StreamScript.start, event]) }
        #expect(failure?.isContextOverflow == true)
    }
}
