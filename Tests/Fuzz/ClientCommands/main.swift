// What an admitted client sends: each line is one text message, read as a command, put in its turn
// and replied to, with a hub that agrees and refuses by turns.

import FuzzSupport
import JSON
import Protocol
import Realtime
import WebSocketWorker

/// A connection of a client that sends commands, and what it was replied.
struct Conversation {
    static let maximumSubscriptions = 3

    var machine = ConnectionStateMachine(maximumSubscriptions: maximumSubscriptions)
    var replies: [ControlMessage?] = []

    /// Does all that can be done, as the worker does.
    mutating func proceed() {
        while let action = machine.next(hasRoom: true) {
            switch action {
            case .reply(let reply), .leave(_, let reply): replies.append(reply)
            case .subscribe: replies.append(subscribed())
            case .answerPermission:
                let refusal = hubAgrees ? nil : (ErrorCode.permissionNotFound, "There is none.")
                replies.append(machine.permissionAnswered(refusal))
            case .pauseReading, .resumeReading: break
            }
            precondition(
                machine.subscriptions.count <= Self.maximumSubscriptions, "over the limit")
        }
    }

    private var hubAgrees: Bool { replies.count.isMultiple(of: 2) }

    private mutating func subscribed() -> ControlMessage {
        guard hubAgrees else {
            return machine.subscribeRefused(.channelForbidden, "Not yours.", endsHeld: true).reply
        }
        let head = StreamPosition(epoch: "e1", offset: Int64(replies.count))
        switch machine.subscribeAnswered(Joined(head: head, isRecovered: true)) {
        case .new(let reply), .held(let reply): return reply
        }
    }
}

/// The id that a reply must have: the command's own, if it is one.
func usableID(of line: [UInt8]) -> String? {
    guard let document = try? JSONValue(parsing: line, maximumDepth: Limits.maximumJSONDepth),
        let id = document["id"]?.stringValue, (1...64).contains(id.unicodeScalars.count)
    else { return nil }  // what cannot be read has no id
    return id
}

func check(_ reply: ControlMessage, to line: [UInt8]) {
    let text = reply.text(at: Timestamp(milliseconds: 0), eventID: "ev1")
    guard let message = try? JSONValue(parsing: text) else { preconditionFailure("no JSON") }
    precondition(message["type"]?.stringValue != nil, "a message without a type")
    precondition(message["id"]?.stringValue == usableID(of: line), "another command's id")
    guard message["type"] == "error" else { return }
    precondition(message["payload"]?["code"]?.stringValue != nil, "an error without a code")
    precondition(text.count < 4_096 + 8 * 160, "a long answer to a short command")
}

Fuzzer.run { bytes in
    let lines = bytes.split(separator: UInt8(ascii: "\n")).map(Array.init)
    var conversation = Conversation()
    for line in lines {
        conversation.machine.received(
            Result { () throws(CommandError) in try ClientCommand(parsing: line) })
        // Some commands come while others wait.
        if line.count.isMultiple(of: 2) { conversation.proceed() }
    }
    conversation.proceed()
    precondition(conversation.replies.count == lines.count, "one reply to each command")
    for (reply, line) in zip(conversation.replies, lines) {
        if let reply { check(reply, to: line) }
    }
}
