import ClaudeAPI
import JSON
import Realtime

extension Conversation {
    /// The answer with ids for its tools that no other use in the conversation has.
    func admitting(_ message: AssistantMessage, in turn: TurnID) -> AssistantMessage {
        var known = toolUseIDs
        var number = 0
        return message.mappingToolUses { use in
            var id = use.id
            while !known.insert(id).inserted {
                number += 1
                id = "\(turn.text)-\(number)"
            }
            return use.renamed(id)
        }
    }

    /// Without what belongs to one model or one endpoint, and ending with the user.
    var withoutDispensables: Conversation {
        endingWithUser(
            messages.map { message in
                RequestMessage(message.role, message.content.filter { !$0.isDispensable })
            })
    }

    /// In texts alone.
    var toldAsText: Conversation {
        endingWithUser(messages.map { RequestMessage($0.role, $0.content.compactMap(\.told)) })
    }

    private func endingWithUser(_ messages: [RequestMessage]) -> Conversation {
        var made = Conversation(repairing: messages)
        if made.messages.last?.role != .user {
            made.append(RequestMessage(.user, [.text("Go on.")]))
        }
        return made
    }
}

extension ContentBlock {
    /// As a text; nil for what only one model or endpoint can read.
    fileprivate var told: ContentBlock? {
        switch self {
        case .text: self
        case .toolUse(let use):
            .text("[The tool \(use.name) was used with \(json["input"] ?? [:])]")
        case .toolResult(let result):
            .text("[\(result.isError ? "The tool failed" : "The result"): \(result.content)]")
        case .thinking, .redactedThinking, .other: nil
        }
    }
}
