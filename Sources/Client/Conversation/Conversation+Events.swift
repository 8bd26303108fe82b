import JSON
import Protocol

// What the session's channel says.
extension Conversation {
    mutating func take(_ event: JSONValue) {
        // Other types are of newer servers or of nobody's concern here.
        guard let type = event["type"]?.stringValue.flatMap({ SessionEventType(rawValue: $0) })
        else { return }
        switch type {
        case .userMessage: userMessage(event)
        case .permissionRequest:
            if let question = event["request"].flatMap(Question.init) { asked(question) }
        case .permissionResolved: resolved(event)
        case .permissionTimeout:
            ended(event["requestId"]?.stringValue ?? "", "nobody answered in time: denied")
        case .modeChanged:
            act(
                .note(
                    "the mode is \(event["mode"]?.stringValue ?? "another") now, set by "
                        + (event["changedBy"]?.stringValue ?? "somebody")))
        case .usage: break
        case .textDelta, .textComplete, .toolStart, .toolResult:
            begin()
            if turn == .own { content(type, event) }
        case .interrupted, .error: troubled(type, event)
        case .complete: completed(event["reason"]?.stringValue)
        }
    }

    private mutating func userMessage(_ event: JSONValue) {
        let status = event["status"]?.stringValue
        guard event["clientMessageId"]?.stringValue == clientMessageID else {
            if status == "processing" { turn = .another }
            return
        }
        let isNew = messageID == nil
        messageID = event["messageId"]?.stringValue
        if status == "processing" {
            turn = .own
        } else if isNew, status == "queued" {
            act(.note("the session is busy; the message waits for its turn"))
        }
        if isNew { stop() }
    }

    /// Work of a run without a message of its own, as agents outside do it: it answers ours if
    /// that was there before.
    private mutating func begin() {
        guard turn == .nobodys else { return }
        turn = messageID == nil ? .another : .own
    }

    private mutating func content(_ type: SessionEventType, _ event: JSONValue) {
        let isNested = event["parentToolUseId"]?.stringValue != nil
        switch type {
        case .textDelta where !isNested:
            delta(event["delta"]?.stringValue ?? "", event["turnId"]?.stringValue)
        case .textComplete where !isNested:
            text(event["text"]?.stringValue ?? "", event["turnId"]?.stringValue)
        case .toolStart: toolStarted(event, isNested)
        case .toolResult: toolEnded(event, isNested)
        default: break  // A sub-agent's words are part of its tool's work.
        }
    }

    private mutating func delta(_ delta: String, _ turn: String?) {
        if hasGap, let turn, shownTurns.contains(turn) { return }
        if let current = flow, !current.isTorn, current.turn != turn { endParagraph() }
        guard !delta.isEmpty else { return }
        if flow == nil { flow = Flow(turn: turn, isTorn: false, shown: "") }
        guard flow?.isTorn == false else { return }
        flow?.shown += delta
        act(.text(delta))
    }

    /// The final text: shown as far as its deltas did not show it.
    mutating func text(_ text: String, _ turn: String?) {
        let isNew = shownTexts.insert([turn ?? "", text].hashValue).inserted
        if let turn { shownTurns.insert(turn) }
        guard isNew || !hasGap else { return }
        let shown = flow?.shown ?? ""
        if text.utf8.starts(with: shown.utf8) {
            let rest = String(decoding: text.utf8.dropFirst(shown.utf8.count), as: UTF8.self)
            if !rest.isEmpty { act(.text(rest)) }
        } else if flow?.isTorn == true {
            act(.endParagraph)
            act(.note("a part of this text was missed; here it is as a whole"))
            act(.text(text))
        }
        flow = Flow(turn: turn, isTorn: false, shown: text)
        endParagraph()
    }

    mutating func toolStarted(_ event: JSONValue, _ isNested: Bool = false) {
        guard shownTools.insert(event["toolUseId"]?.stringValue ?? "").inserted else { return }
        endParagraph()
        act(.note(ToolLine.start(event, isNested: isNested)))
    }

    mutating func toolEnded(_ event: JSONValue, _ isNested: Bool = false) {
        guard shownResults.insert(event["toolUseId"]?.stringValue ?? "").inserted else { return }
        endParagraph()
        act(.note(ToolLine.end(event, isNested: isNested)))
    }

    /// `complete` follows where a worker of this server ran; an agent outside may leave it out.
    private mutating func troubled(_ type: SessionEventType, _ event: JSONValue) {
        begin()
        guard turn == .own else { return }
        endParagraph()
        if type == .interrupted {
            act(.note("interrupted: \(event["reason"]?.stringValue ?? "no reason was given")"))
        } else {
            let retry = event["canRetry"]?.boolValue == true ? "; it may work when sent again" : ""
            let code = event["code"]?.stringValue ?? "no code"
            act(.warning("\(event["error"]?.stringValue ?? "the run failed") (\(code))\(retry)"))
        }
        act(.endSoon(isStopping ? .stopped : .failed))
    }

    private mutating func completed(_ reason: String?) {
        begin()
        guard turn == .own else { return turn = .nobodys }
        end(reason == "complete" ? .complete : .failed)
    }

    /// Text that is under way has a hole from here on: it is shown when it is complete.
    mutating func tear() {
        hasGap = true
        if let current = flow {
            flow = Flow(turn: current.turn, isTorn: true, shown: current.shown)
        }
    }
}
