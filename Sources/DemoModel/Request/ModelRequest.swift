import JSON

/// A Messages request as far as the script looks at it.
struct ModelRequest {
    let body: JSONObject
    let messages: [Message]
    let model: String
    let isStreaming: Bool

    struct Message {
        let role: String
        let blocks: [JSONObject]

        var isUser: Bool { role == "user" }
        func blocks(of type: String) -> [JSONObject] {
            blocks.filter { $0["type"]?.stringValue == type }
        }
    }

    /// Nil where the messages have not the API's shape.
    init?(_ body: JSONObject) {
        guard let array = body["messages"]?.arrayValue else { return nil }
        var messages: [Message] = []
        for entry in array {
            guard let message = Message(entry) else { return nil }
            messages.append(message)
        }
        self.body = body
        self.messages = messages
        model = body["model"]?.stringValue ?? "demo"
        isStreaming = body["stream"]?.boolValue ?? false
    }

    /// Tools that may be used now.
    var tools: [JSONObject] {
        if body["tool_choice"]?["type"]?.stringValue == "none" { return [] }
        return body["tools"]?.arrayValue?.compactMap(\.objectValue) ?? []
    }

    func tool(_ name: String) -> JSONObject? { tools.first { $0["name"]?.stringValue == name } }

    var wantsThinking: Bool {
        guard let type = body["thinking"]?["type"]?.stringValue else { return false }
        return type != "disabled"
    }

    /// Where the current turn begins: the last message in which the user says something; after an
    /// interruption it begins with the results of the turn before.
    var promptIndex: Int? {
        messages.lastIndex { $0.isUser && !$0.blocks(of: "text").isEmpty }
    }

    /// The last text of that message.
    var prompt: String {
        promptIndex.flatMap { messages[$0].blocks(of: "text").last?["text"]?.stringValue } ?? ""
    }

    /// The tools used since the prompt, each with its result, in order.
    var exchanges: [Exchange] {
        guard let promptIndex else { return [] }
        let later = messages[(promptIndex + 1)...]
        var results: [String: JSONObject] = [:]
        for result in later.flatMap({ $0.blocks(of: "tool_result") }) {
            results[result["tool_use_id"]?.stringValue ?? ""] = result
        }
        return later.flatMap { $0.blocks(of: "tool_use") }.map { use in
            Exchange(use, results[use["id"]?.stringValue ?? ""])
        }
    }

    /// Whether an answer of this turn is to be gone on with, as after `pause_turn`.
    var endsWithAssistant: Bool { messages.last?.role == "assistant" }

    /// A rough count: four bytes a token.
    var inputTokens: Int { max(1, JSONValue.object(body).encoded().count / 4) }
}

/// A tool that was used, and what came of it.
struct Exchange {
    let name: String
    let result: String
    let isError: Bool

    init(_ use: JSONObject, _ result: JSONObject?) {
        name = use["name"]?.stringValue ?? ""
        isError = result?["is_error"]?.boolValue ?? false
        switch result?["content"] {
        case .string(let text): self.result = text
        case .array(let blocks):
            self.result = blocks.compactMap { $0["text"]?.stringValue }.joined(separator: "\n")
        default: self.result = ""
        }
    }
}

extension ModelRequest.Message {
    /// Content is an array of blocks, or one text.
    fileprivate init?(_ value: JSONValue) {
        guard let role = value["role"]?.stringValue else { return nil }
        self.role = role
        switch value["content"] {
        case .string(let text): blocks = [["type": "text", "text": .string(text)]]
        case .array(let array):
            blocks = array.compactMap(\.objectValue)
            guard blocks.count == array.count else { return nil }
        default: return nil
        }
    }
}
