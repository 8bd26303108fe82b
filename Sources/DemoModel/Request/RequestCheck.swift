import JSON

/// Refuses what the real API refuses, in its manner: what passes here has a whole history.
public struct RequestCheck {
    private let request: ModelRequest
    private var toolUseIDs: Set<String> = []

    /// What is wrong with the request's body, or nil.
    public static func complaint(about body: JSONObject) -> String? {
        ModelRequest(body).map { complaint(about: $0) } ?? "messages: Input should be a valid list"
    }

    static func complaint(about request: ModelRequest) -> String? {
        var check = RequestCheck(request: request)
        return check.complaint()
    }

    private init(request: ModelRequest) {
        self.request = request
    }

    private mutating func complaint() -> String? {
        if request.body["model"]?.stringValue == nil { return "model: Field required" }
        guard let maximum = request.body["max_tokens"]?.integerValue, maximum > 0 else {
            return "max_tokens: must be a number greater than 0"
        }
        guard let first = request.messages.first else {
            return "messages: at least one message is required"
        }
        if !first.isUser { return "messages: first message must use the \"user\" role" }
        if Self.breakpoints(.object(request.body)) > 4 {
            return "A maximum of 4 blocks with cache_control may be provided."
        }
        for index in request.messages.indices {
            if let complaint = complaint(at: index) ?? pairing(at: index) {
                return "messages.\(index): \(complaint)"
            }
        }
        return nil
    }

    private mutating func complaint(at index: Int) -> String? {
        let message = request.messages[index]
        let isLast = index == request.messages.count - 1
        guard ["user", "assistant"].contains(message.role) else { return "unknown role" }
        if index > 0, request.messages[index - 1].role == message.role {
            return "roles must alternate between \"user\" and \"assistant\""
        }
        if message.blocks.isEmpty { return "content must be non-empty" }
        for (number, block) in message.blocks.enumerated() {
            if let complaint = complaint(about: block) { return "content.\(number): \(complaint)" }
        }
        guard !message.isUser, let last = message.blocks.last else { return nil }
        if !isLast, last["type"]?.stringValue?.hasSuffix("thinking") == true {
            return "The final block in an assistant message cannot be `thinking`."
        }
        if isLast, last["text"]?.stringValue?.last?.isWhitespace == true {
            return "final assistant content cannot end with trailing whitespace"
        }
        return nil
    }

    private mutating func complaint(about block: JSONObject) -> String? {
        func text(_ key: String) -> String { block[key]?.stringValue ?? "" }
        switch block["type"]?.stringValue {
        case "text":
            return text("text").contains { !$0.isWhitespace }
                ? nil : "text content blocks must contain non-whitespace text"
        case "thinking":
            return text("signature").isEmpty ? "thinking.signature: Field required" : nil
        case "redacted_thinking":
            return text("data").isEmpty ? "redacted_thinking.data: Field required" : nil
        case "tool_use":
            guard Self.isName(text("name")) else {
                return "tool_use.name: String should match pattern '^[a-zA-Z0-9_-]{1,64}$'"
            }
            guard Self.isName(text("id")) else {
                return "tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'"
            }
            guard block["input"]?.objectValue != nil else {
                return "tool_use.input: Input should be a valid dictionary"
            }
            return toolUseIDs.insert(text("id")).inserted ? nil : "`tool_use` ids must be unique"
        case "tool_result":
            return Self.isName(text("tool_use_id")) ? nil : "tool_result.tool_use_id: is no id"
        case "server_tool_use", "web_search_tool_result": return nil
        case let type: return "Input tag '\(type ?? "")' found using 'type' does not match any"
        }
    }

    /// Uses and results stand in neighbouring messages.
    private func pairing(at index: Int) -> String? {
        let message = request.messages[index]
        let next = request.messages.dropFirst(index + 1).first
        let uses = Self.identifiers(message.blocks(of: "tool_use"), "id")
        let results = Self.identifiers(next?.blocks(of: "tool_result") ?? [], "tool_use_id")
        if next != nil, let missing = uses.first(where: { !results.contains($0) }) {
            return "`tool_use` ids were found without `tool_result` blocks immediately after: "
                + missing
        }
        let previous = index > 0 ? request.messages[index - 1].blocks(of: "tool_use") : []
        let asked = Self.identifiers(previous, "id")
        let given = Self.identifiers(message.blocks(of: "tool_result"), "tool_use_id")
        if let unexpected = given.first(where: { !asked.contains($0) }) {
            return "unexpected `tool_use_id` found in `tool_result` blocks: \(unexpected)"
        }
        if Set(given).count != given.count {
            return "each tool_use must have a single result. Found multiple `tool_result` blocks"
        }
        let kinds = message.blocks.map { $0["type"]?.stringValue == "tool_result" }
        return kinds.lastIndex(of: true).map { kinds[...$0].contains(false) } == true
            ? "`tool_result` blocks must come first" : nil
    }

    private static func isName(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                let character = Character(Unicode.Scalar(byte))
                return character.isASCII
                    && (character.isLetter || character.isNumber || "_-".contains(character))
            }
    }

    private static func identifiers(_ blocks: [JSONObject], _ key: String) -> [String] {
        blocks.compactMap { $0[key]?.stringValue }
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
