import JSON

/// A permission question as a session shows it.
package struct Question: Equatable, Sendable {
    package let requestID: String
    package let toolName: String
    package let command: String
    package let description: String
    /// What "always" would remember, in words; nil: nothing.
    package let remembers: String?

    package init(
        requestID: String, toolName: String, command: String, description: String,
        remembers: String? = nil
    ) {
        self.requestID = requestID
        self.toolName = toolName
        self.command = command
        self.description = description
        self.remembers = remembers
    }

    /// From `permission_request`'s `request`, or an item of a snapshot's `pendingPermissions`.
    init?(_ request: JSONValue) {
        guard let id = request["requestId"]?.stringValue else { return nil }
        self.init(
            requestID: id, toolName: request["toolName"]?.stringValue ?? "a tool",
            command: request["command"]?.stringValue ?? "",
            description: request["description"]?.stringValue ?? "",
            remembers: request["remembers"]?.stringValue)
    }
}

/// Open questions in the order in which they were asked; the first is before the person.
struct QuestionQueue: Sendable {
    private(set) var all: [Question] = []
    /// The first one's answer is on its way: what is typed now belongs to no question.
    var isAnswering = false

    var first: Question? { all.first }

    func contains(_ id: String) -> Bool { all.contains { $0.requestID == id } }

    /// Whether it is new.
    mutating func append(_ question: Question) -> Bool {
        guard !contains(question.requestID) else { return false }
        all.append(question)
        return true
    }

    /// The question, and whether it was the one before the person.
    mutating func remove(_ id: String) -> (question: Question, wasFirst: Bool)? {
        guard let index = all.firstIndex(where: { $0.requestID == id }) else { return nil }
        if index == 0 { isAnswering = false }
        return (all.remove(at: index), index == 0)
    }
}
