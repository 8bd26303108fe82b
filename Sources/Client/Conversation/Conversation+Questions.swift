import JSON

// Permission questions, which anybody of the team may answer, from anywhere.
extension Conversation {
    /// The person typed a line; without a question that waits for one it is ignored.
    package mutating func typed(_ line: String) -> [Action] {
        defer { actions = [] }
        guard canAsk, let question = questions.first, !questions.isAnswering else { return [] }
        let word = line.lowercased().filter { !$0.isWhitespace }
        let (allowed, always): (Bool, Bool)
        switch word {
        case "y", "yes": (allowed, always) = (true, false)
        case "a", "always": (allowed, always) = (true, true)
        case "n", "no": (allowed, always) = (false, false)
        default:
            act(.ask(question))
            return actions
        }
        questions.isAnswering = true
        act(.answer(question.requestID, allowed: allowed, alwaysAllow: always))
        return actions
    }

    /// The person will type nothing more.
    package mutating func inputEnded() -> [Action] {
        defer { actions = [] }
        if let question = questions.first {
            act(.withdrawQuestion)
            act(.note(Self.elsewhere(question)))
        }
        canAsk = false
        return actions
    }

    /// An answer did not arrive; nil where the question had ended before, which is told apart.
    package mutating func answerFailed(
        _ request: PermissionRequest, _ reason: String?
    ) -> [Action] {
        defer { actions = [] }
        guard let question = questions.first, question.requestID == request, let reason else {
            return []
        }
        questions.isAnswering = false
        act(.warning("the answer was not taken: \(reason)"))
        if canAsk { act(.ask(question)) }
        return actions
    }

    mutating func asked(_ question: Question) {
        guard questions.append(question) else { return }
        if !canAsk {
            act(.note(Self.elsewhere(question)))
        } else if questions.first == question {
            act(.ask(question))
        }
    }

    mutating func resolved(_ event: JSONValue) {
        let verdict = event["allowed"]?.boolValue == true ? "allowed" : "denied"
        let always = event["alwaysAllow"]?.boolValue == true ? ", always from here on" : ""
        let who = event["resolvedBy"]?.stringValue ?? "somebody"
        ended(event["requestId"]?.stringValue ?? "", "\(verdict) by \(who)\(always)")
    }

    /// - Parameter note: nil where nobody knows how it ended.
    mutating func ended(_ request: PermissionRequest, _ note: String?) {
        guard let (question, wasFirst) = questions.remove(request) else { return }
        if wasFirst && canAsk { act(.withdrawQuestion) }
        act(.note("\(question.toolName): \(note ?? "the question has ended")"))
        if wasFirst, canAsk, let next = questions.first { act(.ask(next)) }
    }

    private static func elsewhere(_ question: Question) -> String {
        let line = [question.command, question.description].first { !$0.isEmpty } ?? ""
        return "waiting for permission \(question.requestID), to be answered on another device: "
            + "\(question.toolName) \(line)"
    }
}
