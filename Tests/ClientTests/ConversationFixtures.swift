import Client
import JSON

/// A conversation whose channel a test plays.
struct Talk {
    var conversation: Conversation
    var page: TerminalPage
    /// What standard output and standard error hold by now.
    private(set) var output = ""
    private(set) var errors = ""
    /// Actions that show nothing, in order.
    private(set) var deeds: [Conversation.Action] = []

    init(canAsk: Bool = true, isTerminal: Bool = true, isColoured: Bool = false) {
        conversation = Conversation(clientMessageID: "mine", canAsk: canAsk)
        page = TerminalPage(
            outputIsTerminal: isTerminal, errorIsTerminal: isTerminal, isColoured: isColoured)
    }

    /// A conversation whose message is being answered.
    static func underWay(canAsk: Bool = true, isTerminal: Bool = true) -> Talk {
        var talk = Talk(canAsk: canAsk, isTerminal: isTerminal)
        talk.join()
        talk.own("accepted")
        talk.own("processing")
        return talk
    }

    var ending: Conversation.Ending? {
        for case .end(let ending) in deeds { return ending }
        return nil
    }

    mutating func perform(_ actions: [Conversation.Action]) {
        for action in actions {
            for piece in page.show(action) {
                switch piece {
                case .output(let text): output += text
                case .error(let text): errors += text
                }
            }
            switch action {
            case .text, .endParagraph, .note, .warning, .ask, .withdrawQuestion: break
            default: deeds.append(action)
            }
        }
    }

    mutating func join(isGap: Bool = false, snapshot: JSONValue = ["status": "idle"]) {
        perform(conversation.joined(isGap: isGap, snapshot: snapshot))
    }

    mutating func hear(_ type: String, _ fields: JSONObject = [:]) {
        var event = fields
        event["type"] = .string(type)
        perform(conversation.published(.object(event)))
    }

    mutating func own(_ status: String) {
        hear(
            "user_message",
            ["messageId": "m1", "clientMessageId": "mine", "status": .string(status)])
    }

    mutating func delta(_ text: String, turn: String? = "t1", parent: String? = nil) {
        var fields: JSONObject = ["delta": .string(text)]
        fields["turnId"] = turn.map { .string($0) }
        fields["parentToolUseId"] = parent.map { .string($0) }
        hear("text_delta", fields)
    }

    mutating func text(_ text: String, turn: String? = "t1") {
        var fields: JSONObject = ["text": .string(text)]
        fields["turnId"] = turn.map { .string($0) }
        hear("text_complete", fields)
    }

    mutating func ask(_ id: String, command: String = "rm x") {
        hear("permission_request", ["request": Self.question(id, command)])
    }

    static func question(_ id: String, _ command: String = "rm x") -> JSONValue {
        [
            "requestId": .string(id), "toolName": "Bash", "command": .string(command),
            "description": "", "expiresAt": nil,
        ]
    }

    mutating func type(_ line: String) {
        page.typedLine()
        perform(conversation.typed(line))
    }
}
