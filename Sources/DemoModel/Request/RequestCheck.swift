import JSON

/// Refuses what the real API refuses, in its manner: what passes here has a whole history.
enum RequestCheck {
    /// What is wrong with the request, or nil.
    static func complaint(about request: ModelRequest) -> String? {
        if request.body["model"]?.stringValue == nil { return "model: Field required" }
        guard let maximum = request.body["max_tokens"]?.integerValue, maximum > 0 else {
            return "max_tokens: must be a number greater than 0"
        }
        guard let first = request.messages.first else {
            return "messages: at least one message is required"
        }
        if !first.isUser { return "messages: first message must use the \"user\" role" }
        if breakpoints(.object(request.body)) > 4 {
            return "A maximum of 4 blocks with cache_control may be provided."
        }
        for (index, message) in request.messages.enumerated() {
            let next = request.messages.dropFirst(index + 1).first
            let previous = index > 0 ? request.messages[index - 1] : nil
            if let complaint = complaint(about: message, previous, next) {
                return "messages.\(index): \(complaint)"
            }
        }
        return nil
    }

    private static func complaint(
        about message: ModelRequest.Message, _ previous: ModelRequest.Message?,
        _ next: ModelRequest.Message?
    ) -> String? {
        guard ["user", "assistant"].contains(message.role) else { return "unknown role" }
        if message.blocks.isEmpty { return "content must be non-empty" }
        let texts = message.blocks(of: "text").map { $0["text"]?.stringValue ?? "" }
        if texts.contains(where: \.isEmpty) { return "text content blocks must be non-empty" }
        if message.role == "assistant", next != nil,
            message.blocks.last?["type"]?.stringValue?.hasSuffix("thinking") == true
        {
            return "The final block in an assistant message cannot be `thinking`."
        }
        let uses = identifiers(message.blocks(of: "tool_use"), "id")
        let results = identifiers(next?.blocks(of: "tool_result") ?? [], "tool_use_id")
        if next != nil, let missing = uses.first(where: { !results.contains($0) }) {
            return "`tool_use` ids were found without `tool_result` blocks immediately after: "
                + missing
        }
        let asked = identifiers(previous?.blocks(of: "tool_use") ?? [], "id")
        let given = identifiers(message.blocks(of: "tool_result"), "tool_use_id")
        if let unexpected = given.first(where: { !asked.contains($0) }) {
            return "unexpected `tool_use_id` found in `tool_result` blocks: \(unexpected)"
        }
        let kinds = message.blocks.map { $0["type"]?.stringValue == "tool_result" }
        return kinds.lastIndex(of: true).map { kinds[...$0].contains(false) } == true
            ? "`tool_result` blocks must come first" : nil
    }

    private static func identifiers(_ blocks: [JSONObject], _ key: String) -> Set<String> {
        Set(blocks.compactMap { $0[key]?.stringValue })
    }

    private static func breakpoints(_ value: JSONValue) -> Int {
        switch value {
        case .object(let object):
            object.reduce(object["cache_control"] == nil ? 0 : 1) { $0 + breakpoints($1.value) }
        case .array(let array): array.reduce(0) { $0 + breakpoints($1) }
        default: 0
        }
    }
}
