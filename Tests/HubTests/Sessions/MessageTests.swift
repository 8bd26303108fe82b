import Hub
import JSON
import Protocol
import Realtime
import Testing

@Suite struct `Messages` {
    @Test func `a message is accepted when idle, and queued while a turn runs`() throws {
        let hub = try SessionHub()
        let session = try hub.makeSession()
        let id = JSONValue.string(session.text)
        #expect(try hub.call(.createMessage, ["id": id, "text": "hi"])["status"] == "accepted")
        try hub.publish(session, [(.toolStart, Self.tool("u1"))])
        #expect(try hub.call(.createMessage, ["id": id, "text": "more"])["status"] == "queued")
        let queued = try hub.snapshot(of: session)["queuedMessages"]?.arrayValue
        #expect(queued?.compactMap { $0["text"]?.stringValue } == ["more"])
        try hub.publish(session, [(.complete, ["reason": "complete"])])
        #expect(try hub.snapshot(of: session)["queuedMessages"] == [])
    }

    @Test func `a message sent again under its own id is the same message`() throws {
        let hub = try SessionHub()
        let session = try hub.makeSession()
        try hub.subscribe(.session(session))
        let parameters: JSONObject = [
            "id": .string(session.text), "text": "hi", "clientMessageId": "c/1",
        ]
        let first = try hub.call(.createMessage, parameters)
        #expect(try hub.call(.createMessage, parameters) == first)
        #expect(try hub.types(on: .session(session)) == ["user_message"])
        let other = try hub.makeSession()
        let elsewhere = try hub.call(
            .createMessage, ["id": .string(other.text), "text": "hi", "clientMessageId": "c/1"])
        #expect(elsewhere["messageId"] != first["messageId"])
    }

    @Test func `the transcript holds what was said and done, oldest first`() throws {
        let hub = try SessionHub()
        let session = try hub.makeSession()
        let id = JSONValue.string(session.text)
        try hub.call(.createMessage, ["id": id, "text": "list"])
        try hub.publish(
            session,
            [
                (.textDelta, ["delta": "no part of it"]),
                (.textComplete, ["text": "I look.", "turnId": "t", "isIntermediate": true]),
                (.toolStart, Self.tool("u1")),
                (.textComplete, ["text": "inner", "parentToolUseId": "u1"]),
                (.toolResult, ["toolUseId": "u1", "toolName": "Bash", "result": "a\u{1b}[0m"]),
                (.textComplete, ["text": "Done.", "messageId": "m-9"]),
                (.textComplete, ["text": "Done!", "messageId": "m-9"]),
                (.toolResult, ["toolUseId": "u2", "toolName": "X", "result": "", "isError": true]),
            ])
        let first = try hub.call(.listMessages, ["id": id, "limit": 3])
        let rest = try hub.call(
            .listMessages, ["id": id, "cursor": try #require(first["nextCursor"])])
        let messages = [first, rest].flatMap { $0["items"]?.arrayValue ?? [] }
        #expect(
            messages.compactMap { $0["role"]?.stringValue } == [
                "user", "assistant", "tool", "assistant", "tool",
            ])
        #expect(
            messages.compactMap { $0["text"]?.stringValue } == ["list", "I look.", "", "Done!", ""])
        #expect(messages[2]["toolInput"] == ["command": "ls"])
        #expect(messages[2]["result"] == "a\u{1b}[0m" && messages[2]["isError"] == false)
        #expect(messages[4]["isError"] == true && messages[3]["id"] == "m-9")
        let shown = try hub.call(.getSession, ["id": id])
        #expect(shown["messageCount"] == 5)
        #expect(shown["lastMessageAt"]?.stringValue != nil)
    }

    @Test func `the transcript is read from its end as well`() throws {
        let hub = try SessionHub()
        let session = try hub.makeSession()
        let id = JSONValue.string(session.text)
        try hub.publish(session, (1...5).map { (.textComplete, ["text": "\($0)"]) })
        let newest = try hub.call(.listMessages, ["id": id, "limit": 3, "order": "newest"])
        let older = try hub.call(
            .listMessages,
            [
                "id": id, "limit": 3, "order": "newest",
                "cursor": try #require(newest["nextCursor"]),
            ])
        let texts = [newest, older].flatMap { $0["items"]?.arrayValue ?? [] }
            .compactMap { $0["text"]?.stringValue }
        #expect(texts == ["5", "4", "3", "2", "1"])
        #expect(older["nextCursor"] == .null)
        #expect(throws: (any Error).self) {
            try hub.call(.listMessages, ["id": id, "order": "sideways"])
        }
    }

    @Test func `too many queued messages are refused`() throws {
        let hub = try SessionHub()
        let session = try hub.makeSession()
        let id = JSONValue.string(session.text)
        try hub.publish(session, [(.toolStart, Self.tool("u1"))])
        for index in 0..<SessionLimits.maximumQueuedMessages {
            try hub.call(.createMessage, ["id": id, "text": .string("m\(index)")])
        }
        let code = try refusal { try hub.call(.createMessage, ["id": id, "text": "one more"]) }
        #expect(code == .limitReached)
    }

    @Test func `a message needs a session and a text`() throws {
        let hub = try SessionHub()
        #expect(
            try refusal { try hub.call(.createMessage, ["id": "none", "text": "x"]) } == .notFound)
        let id = JSONValue.string(try hub.makeSession().text)
        let longest = String(repeating: "x", count: SessionLimits.maximumMessageBytes)
        try hub.call(.createMessage, ["id": id, "text": .string(longest)])
        try hub.call(.createMessage, ["id": id, "text": "\u{1b}[31mred\0"])
        for text in [JSONValue.null, "", 7, .string(longest + "x")] {
            let code = try refusal { try hub.call(.createMessage, ["id": id, "text": text]) }
            #expect(code == .validationError)
        }
    }

    private static func tool(_ id: String) -> JSONObject {
        ["toolUseId": .string(id), "toolName": "Bash", "toolInput": ["command": "ls"]]
    }
}
