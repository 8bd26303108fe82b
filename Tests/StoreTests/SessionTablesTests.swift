import Glibc
import Protocol
import Realtime
import Store
import Testing
import TestSupport

@Suite struct `Session tables` {
    @Test func `whatever is written of a session and its parts is read back`() throws {
        try withStore { store in
            var session = Self.session
            session.name = "Näme"
            session.phase = .running
            session.usage = TokenUsage(inputTokens: 1, outputTokens: 2, contextTokens: 3)
            session.lastMessageAt = Timestamp(milliseconds: 9)
            session.permissionTimeout = .never
            try store.insert(session)
            #expect(try store.session("s") == session)
            session.permissionTimeout = .after(milliseconds: 7)
            session.agent = "a"
            session.runner = "k"
            try store.update(session)
            #expect(try store.session("s") == session)
            var message = Self.message(1)
            message.toolInput = "{}"
            message.isError = false
            message.status = .queued
            message.clientMessageID = "c 1"
            try store.insert(message)
            #expect(try store.message(sentAs: "c 1", to: "s") == message)
            #expect(try store.queuedMessages(of: "s") == [message])
            for scope in [
                PermissionRule.Scope.commandPrefix(["a \"b\"", ""]), .command(["ä", "\n"]),
                .path("/x"),
            ] {
                let rule = RuleRow(
                    id: "r", sessionID: "s", rule: PermissionRule(toolName: "T", scope: scope),
                    createdBy: "me", createdAt: Timestamp(milliseconds: 1))
                try store.insert(rule)
                #expect(try store.rules(of: "s") == [rule])
                #expect(try store.deleteRules(of: "s", "r") == 1)
            }
        }
    }

    @Test func `over its bytes a session loses old tool results, then old messages`() throws {
        try withStore { store in
            try store.insert(Self.session)
            let bounds = MessageBounds(bytes: 1 << 20)
            func add(_ numbers: ClosedRange<Int64>, _ role: MessageRow.Role) throws {
                for number in numbers {
                    var message = MessageRow(
                        sessionID: "s", sequence: number, id: try MessageID(parsing: "m\(number)"),
                        role: role, text: role == .tool ? "" : String(repeating: "é", count: 5_000),
                        createdAt: Timestamp(milliseconds: number))
                    if role == .tool {
                        message.toolUseID = try ToolUseID(parsing: "use-\(number)")
                        message.toolInput = #"{"x":"\#(String(repeating: "i", count: 2_000))"}"#
                        message.result = String(repeating: "r", count: 50_000)
                    }
                    try store.insert(message)
                    _ = try store.bound(messagesOf: "s", to: bounds)
                }
            }
            func all() throws -> [MessageRow] {
                try store.messages(of: "s", beyond: 0, limit: 9_999, maximumBytes: .max).rows
            }
            try add(1...40, .tool)
            let tools = try all()
            #expect(tools.count == 40 && tools.allSatisfy { $0.toolUseID != nil })
            let removed = tools.prefix { $0.result == MessageBounds.removedResult }
            #expect((20...24).contains(removed.count))
            #expect(removed.allSatisfy { $0.toolInput == "{}" })
            #expect(tools.dropFirst(removed.count).allSatisfy { $0.result?.count == 50_000 })
            try add(41...400, .assistant)
            let rows = try all()
            #expect(rows[0].text == MessageBounds.removedMessages)
            #expect(rows.count > 80 && rows.last?.sequence == 400)
            #expect(try store.keptBytes(of: "t") <= 1 << 20)
            let sum = rows.reduce(0) { sum, row in
                sum + 256 + row.text.utf8.count + (row.result?.utf8.count ?? 0)
                    + (row.toolInput?.utf8.count ?? 0)
            }
            #expect(try store.keptBytes(of: "t") == sum)
            try store.deleteSession("s")
            #expect(try store.keptBytes(of: "t") == 0)
        }
    }

    @Test func `what sessions keep is counted however it is written`() throws {
        try withStore { store in
            try store.insert(Self.session)
            var message = Self.message(1)
            message.text = "äöü"
            try store.insert(message)
            #expect(try store.keptBytes(of: "t") == 256 + 6)
            message.result = "1234"
            try store.update(message)
            #expect(try store.keptBytes(of: "t") == 256 + 10)
            for _ in 1...3 {
                try store.append(TranscriptEntry(role: .user, content: [1, 2, 3]), to: "s")
            }
            #expect(try store.keptBytes(of: "t") == 266 + 3 * 259)
            #expect(try store.transcriptSize(of: "s").bytes == 3 * 259)
            try store.replaceTranscript(of: "s", at: 2, with: [1])
            #expect(try store.transcriptSize(of: "s").bytes == 3 * 259 - 2)
            let summary = TranscriptEntry(role: .user, isSummary: true, content: [1])
            try store.append(summary, to: "s")
            #expect(try store.keptBytes(of: "t") == 266 + 257)
            #expect(try store.transcriptSize(of: "s").lastSequence == 4)
            try store.delete(message)
            #expect(try store.keptBytes(of: "t") == 257)
        }
    }

    @Test func `a name is found in either case of every script`() throws {
        let found = [
            ("ΣΊΣΥΦΟΣ", "σίσυφος"), ("Straße", "STRASSE"), ("STRASSE", "straße"),
            ("GROẞE", "grosse"), ("ПРИВЕТ мир", "привет МИР"), ("Cafe\u{301}", "CAFÉ"),
            ("café", "CAFE\u{301}"), ("ＦＵＬＬ width", "full"), ("İzmir", "i\u{307}zmir"),
            ("ÅNGSTRÖM \u{212B}", "ångström å"), ("ǅ", "ǆ"), ("ᲀ", "в"), ("ﬁle", "FILE"),
            ("Ա", "ա"), ("𐐀", "𐐨"), ("100% _done", "% _"), ("日本語", "本"),
        ]
        let apart = [("café", "cafe"), ("kırmızı", "kirmizi"), ("İzmir", "ızmir"), ("abc", "abd")]
        for (name, part) in found { #expect(try finds(part, in: name), "\(name), \(part)") }
        for (name, part) in apart { #expect(try !finds(part, in: name), "\(name), \(part)") }
        #expect(try finds("", in: nil) == false && finds("", in: "a"))
    }

    private func finds(_ part: String, in name: String?) throws -> Bool {
        var found = false
        try withStore { store in
            try store.insert(Self.session)
            var session = Self.session
            session.name = name
            try store.update(session)
            let filter = SessionFilter(teamID: "t", nameContains: part)
            found = try !store.sessions(filter, limit: 9, maximumLookedAt: 9).rows.isEmpty
        }
        return found
    }

    @Test func `a filter that matches nothing ends its page all the same`() throws {
        try withStore { store in
            for number in 1...10 {
                var session = SessionRow(
                    id: try SessionID(parsing: "s\(number)"), teamID: "t", mode: .ask,
                    createdAt: Timestamp(milliseconds: Int64(number)))
                session.name = number == 1 ? "needle" : "hay"
                try store.insert(session)
            }
            let filter = SessionFilter(teamID: "t", nameContains: "NEEDLE")
            var (place, pages, found) = (SessionPlace?.none, 0, [SessionID]())
            repeat {
                let page = try store.sessions(filter, after: place, limit: 5, maximumLookedAt: 4)
                found += page.rows.map(\.id)
                place = page.next
                pages += 1
            } while place != nil && pages < 100
            #expect(found == ["s1"] && pages == 3)
            let others = SessionFilter(teamID: "other", nameContains: "NEEDLE")
            #expect(try store.sessions(others, limit: 5, maximumLookedAt: 1).next == nil)
        }
    }

    @Test func `a deleted session is gone for everybody at once`() throws {
        try withStore { store in
            try store.insert(Self.session)
            var message = Self.message(1)
            message.status = .queued
            try store.insert(message)
            try store.insert(Self.question("q", at: 1))
            #expect(try store.waitingSessions().count == 1)
            try store.deleteSession("s")
            #expect(try store.session("s") == nil)
            let list = SessionFilter(teamID: nil)
            #expect(try store.sessions(list, limit: 9, maximumLookedAt: 9).rows == [])
            #expect(try store.sessionCount(of: "t") == 0)
            #expect(try store.waitingSessions().isEmpty)
            #expect(try store.permission(PermissionKey("s", "q")) == nil)
            #expect(try store.pendingPermissions(of: nil, in: nil).rows == [])
        }
    }

    @Test func `what deleted sessions left goes in small steps, and counts for nobody`() throws {
        let files = try TemporaryStore()
        let store = try files.open()
        try store.transaction { store in
            try store.insert(
                TeamRow(id: "t", name: "T", createdAt: Timestamp(milliseconds: 0)))
            try store.insert(Self.session)
            for sequence in Int64(1)...2_000 { try store.insert(Self.message(sequence)) }
            try store.append(TranscriptEntry(role: .user, content: [1, 2, 3]), to: "s")
            try store.deleteSession("s")
            #expect(try store.keptBytes(of: "t") == 0)
        }
        var steps = 0
        try Maintenance(path: files.path).removeDeletedSessions {
            steps += 1
            return false
        }
        #expect(steps > 2_000 / 512)
        try store.transaction { store in
            #expect(
                try store.messages(of: "s", beyond: 0, limit: 9, maximumBytes: 9_999).rows.isEmpty)
            #expect(try store.keptBytes(of: "t") == 0)
            // Its place is free.
            try store.insert(Self.session)
            #expect(try store.transcriptSize(of: "s").bytes == 0)
        }
    }

    @Test func `a transcript keeps its latest messages`() throws {
        try withStore { store in
            try store.insert(Self.session)
            var bounds = MessageBounds(bytes: 1 << 20)
            bounds.count = 300
            for sequence in Int64(1)...1_000 {
                var message = Self.message(sequence)
                if sequence == 2 { message.status = .queued }
                try store.insert(message)
                _ = try store.bound(messagesOf: "s", to: bounds)
            }
            let kept = try store.messages(of: "s", beyond: 0, limit: 999, maximumBytes: .max).rows
            #expect((200...301).contains(kept.count))
            #expect(kept[0].sequence == 2 && kept[0].status == .queued)
            #expect(kept[1].text == MessageBounds.removedMessages && kept[1].role == .assistant)
            #expect(kept[2].text == "x" && kept[2].sequence == kept[1].sequence + 1)
            #expect(kept.last?.sequence == 1_000)
        }
    }

    @Test func `ended questions are kept up to a limit, pending ones always`() throws {
        try withStore { store in
            try store.insert(Self.session)
            try store.insert(Self.question("pending", at: 0))
            let count = Int64(PermissionRow.maximumEndedPerSession) + 2
            for moment in 1...count {
                let id = try PermissionRequestID(parsing: "q\(moment)")
                try store.insert(Self.question(id, at: moment))
                try store.endPermission(PermissionKey("s", id), as: .denied, by: "me")
            }
            try store.insert(Self.question("last", at: count + 1))
            let oldest = try store.permission(PermissionKey("s", "q3"))
            #expect(oldest?.state == .denied && oldest?.resolvedBy == "me")
            #expect(try store.permission(PermissionKey("s", "q2")) == nil)
            let pending = try store.pendingPermissions(of: "t", in: "s").rows
            #expect(pending.map(\.key.request) == ["pending", "last"])
        }
    }

    private func withStore(_ body: (StoreTransaction) throws -> Void) throws {
        let directory = try TemporaryDirectory()
        try Store(path: directory.file("db")).transaction { transaction in
            try transaction.insert(
                TeamRow(id: "t", name: "T", createdAt: Timestamp(milliseconds: 0)))
            try body(transaction)
        }
    }

    private static let session = SessionRow(
        id: "s", teamID: "t", mode: .ask, createdAt: Timestamp(milliseconds: 5))

    private static func message(_ sequence: Int64) -> MessageRow {
        guard let id = try? MessageID(parsing: "m\(sequence)") else {
            preconditionFailure("a number makes an id")
        }
        return MessageRow(
            sessionID: "s", sequence: sequence, id: id, role: .user, text: "x",
            createdAt: Timestamp(milliseconds: sequence))
    }

    private static func question(
        _ id: PermissionRequestID, at milliseconds: Int64
    ) -> PermissionRow {
        PermissionRow(
            key: PermissionKey("s", id), teamID: "t", toolName: "T", command: "c", description: "",
            createdAt: Timestamp(milliseconds: milliseconds), expiresAt: nil)
    }
}
