import JSON

/// What the body of an error says, in the words of the API or of a gateway.
///
/// `{"error":{"type","message"}}` (the API), `{"error":{"message","type","param","code"}}` (OpenAI,
/// LiteLLM, vLLM), `{"error":{"code","message","status"}}` (Vertex), `{"message"}` (Bedrock),
/// `{"detail"}` (FastAPI), `{"error":"…"}` (Ollama).
struct ErrorData {
    var type: String?
    var message: String?
    /// A status as a number or a text, or a word such as `context_length_exceeded`.
    var code: String?
    var requestID: String?

    /// Errors that gateways pass on within their own, one in the other.
    private static let maximumDepth = 4

    mutating func take(
        _ key: String, _ reader: inout JSONReader, depth: Int = 0
    ) throws(JSONError) {
        switch key {
        case "type", "status":
            let word = try Self.word(&reader)
            type = type ?? word
        case "code": code = try Self.word(&reader) ?? code
        case "message", "detail": message = try Self.text(&reader) ?? message
        case "error":
            let raw = try reader.readRaw()
            var inner = JSONReader(raw)
            guard raw.first == UInt8(ascii: "{") else {
                message = try Self.text(&inner) ?? message
                return
            }
            guard depth < Self.maximumDepth else { return }
            try inner.readObject { key, reader throws(JSONError) in
                try take(key, &reader, depth: depth + 1)
            }
        default: break
        }
    }

    /// A text or a number as a text; none of them may be the word for nothing.
    private static func word(_ reader: inout JSONReader) throws(JSONError) -> String? {
        var inner = JSONReader(try reader.readRaw())
        switch try? inner.readValue(maximumDepth: 0) {  // anything larger is no word
        case .string(let text)?: return ["", "None", "null"].contains(text) ? nil : text
        case .integer(let number)?: return String(number)
        default: return nil
        }
    }

    /// A text, or whatever stands there as its JSON.
    private static func text(_ reader: inout JSONReader) throws(JSONError) -> String? {
        let raw = try reader.readRaw()
        guard raw.first != UInt8(ascii: "n") else { return nil }
        var inner = JSONReader(raw)
        if raw.first == UInt8(ascii: "\"") { return try inner.readText()?.whole }
        return String(decoding: raw.prefix(APIError.maximumMessageLength), as: UTF8.self)
    }
}
