import ClaudeAPI
import Protocol
import Realtime

// When the endpoint does not take the conversation.
extension RunStateMachine {
    /// Leaves out or retells what may be what was refused, says so, and asks once more.
    ///
    /// Without this a conversation that one endpoint takes and the next does not would be lost.
    /// - Returns: false where there is nothing to mend, or it was mended already.
    mutating func mend(after error: ClaudeError) -> Bool {
        guard error.isRefusedRequest, let (mended, notice) = mendedConversation(error) else {
            return false
        }
        repairs += 1
        conversation = mended
        totals.forgetContext()
        rewriteTranscript()
        let turn = TurnID(stringLiteral: "turn-\(generation)-repair-\(repairs)")
        act(.publish(.textComplete(notice, turn, isIntermediate: true)))
        tellLog("\(notice) \(error)", level: "warning")
        phase = .readyToAsk
        proceed()
        return true
    }

    private func mendedConversation(_ error: ClaudeError) -> (Conversation, notice: String)? {
        guard repairs < RunLimits.maximumRepairs else { return nil }
        let plain = conversation.withoutDispensables
        if plain != conversation { return (plain, Self.droppedNotice) }
        // Only where it is about the messages: other faults are not mended by telling them anew.
        guard "\(error)".contains("messages") else { return nil }
        let told = conversation.toldAsText
        return told == conversation ? nil : (told, Self.toldNotice)
    }

    private static let droppedNotice =
        "The model's endpoint refused the conversation. What only another model can read (its "
        + "thinking, or blocks of a kind of its own) was left out, and it is asked once more."

    private static let toldNotice =
        "The model's endpoint refused the conversation. Earlier uses of tools are now told in words, "
        + "and it is asked once more."
}
