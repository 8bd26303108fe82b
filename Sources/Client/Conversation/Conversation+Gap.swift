import JSON

// After publications were missed for good, the session's messages say what was missed.
extension Conversation {
    /// The session's messages, oldest first, as `GET /api/sessions/{id}/messages` shows them.
    package mutating func reread(_ messages: [JSONValue]) -> [Action] {
        defer { actions = [] }
        guard let start = messages.firstIndex(where: isOwn) else {
            act(.warning("the message is not in its session any more: somebody took it back"))
            end(.failed)
            return actions
        }
        let waits = ["queued", "accepted"].contains(messages[start]["status"]?.stringValue)
        if !waits { show(messages[messages.index(after: start)...], messages[start]) }
        goOn()
        return actions
    }

    /// Reading them again failed: what comes is shown, what was missed is not.
    package mutating func rereadFailed(_ reason: String) -> [Action] {
        defer { actions = [] }
        act(.warning("a part of the answer is missing here: \(reason)"))
        goOn()
        return actions
    }

    /// Takes in what was published meanwhile; a text whose beginning was missed waits for its end.
    private mutating func goOn() {
        if flow == nil && isTextUnderWay { flow = Flow(turn: nil, isTorn: true, shown: "") }
        let later = held ?? []
        held = nil
        for event in later { take(event) }
    }

    private func isOwn(_ message: JSONValue) -> Bool {
        message["clientMessageId"]?.stringValue == clientMessageID
    }

    private mutating func show(_ messages: ArraySlice<JSONValue>, _ own: JSONValue) {
        turn = .own
        // What another run said comes after that run's own message.
        let answer = messages.prefix { message in
            !(message["role"]?.stringValue == "user"
                && !["queued", "accepted"].contains(message["status"]?.stringValue))
        }
        for message in answer { show(message) }
        guard own["status"]?.stringValue != "processing" else { return }
        switch statusWhenJoined {
        case "interrupted" where answer.count == messages.count:
            act(.note("interrupted while the connection was lost"))
            end(.failed)
        case "failed" where answer.count == messages.count:
            act(.warning("the run failed while the connection was lost"))
            end(.failed)
        default: end(.complete)
        }
    }

    private mutating func show(_ message: JSONValue) {
        switch message["role"]?.stringValue {
        case "assistant":
            text(message["text"]?.stringValue ?? "", message["turnId"]?.stringValue)
        case "tool":
            toolStarted(message)
            if message["result"]?.stringValue != nil { toolEnded(message) }
        default: break
        }
    }
}
