// The body of a model's answer: event stream, JSON, message machine, and the request that follows.
//
// The first byte chooses how the rest is cut into packets, which must change nothing.

import AgentWorker
import ClaudeAPI
import DemoModel
import FuzzSupport
import JSON
import Protocol

/// What came of a body, without what depends on its cuts.
struct Outcome: Equatable {
    var message: AssistantMessage?
    var preview = ""
    var failure: String?
}

func read(_ packets: [ArraySlice<UInt8>]) -> Outcome {
    var reader = AnswerReader(contentType: "text/event-stream")
    var outcome = Outcome()
    func take(_ read: (events: [ClaudeEvent], failure: ClaudeError?)) -> Bool {
        for event in read.events {
            switch event {
            case .text(let text, _): outcome.preview += text
            case .completed(let message): outcome.message = message
            default: break
            }
        }
        outcome.failure = read.failure?.label
        return outcome.message != nil || read.failure != nil
    }
    for packet in packets where take(reader.receive(Array(packet))) { return outcome }
    precondition(take(reader.ended()), "an answer has no end")
    return outcome
}

func check(_ message: AssistantMessage) {
    precondition((0...Usage.maximumCount).contains(message.usage.contextTokens), "odd usage")
    let question = RequestMessage(.user, [.text("Question")])
    let answer = TranscriptEntry(RequestMessage(.assistant, message.replayableContent))
    let entries = [TranscriptEntry(question), answer, TranscriptEntry(question)]
    for conversation in [
        Conversation(entries), Conversation(repairing: entries.compactMap(\.message)),
    ] {
        let request = MessagesRequest(
            model: "m", maximumTokens: 1, messages: conversation.messages
        ).json
        // Thinking is signed or left out, and nothing else is left to refuse.
        let complaint = RequestCheck.complaint(about: request)
        precondition(complaint == nil, "the API would say: \(complaint ?? "")")
        let text = JSONValue.object(request).encoded()
        let again = try? JSONValue(parsing: text)  // none is what must not happen
        precondition(again != nil, "a request that is no JSON")
    }
}

Fuzzer.run { bytes in
    guard let first = bytes.first else { return }
    let outcome = readInPieces(bytes.dropFirst(), choice: first, read)
    if let message = outcome.message { check(message) }
}
