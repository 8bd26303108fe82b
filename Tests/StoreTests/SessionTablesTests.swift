import Glibc
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
            for scope in [PermissionRule.Scope.commandPrefix(["a \"b\"", ""]), .path("/x")] {
                let rule = RuleRow(
                    id: "r", sessionID: "s", rule: PermissionRule(toolName: "T", scope: scope),
                    createdBy: "me", createdAt: Timestamp(milliseconds: 1))
                try store.insert(rule)
                #expect(try store.rules(of: "s") == [rule])
                #expect(try store.deleteRules(of: "s", "r") == 1)
            }
        }
    }

    @Test func `everything of a session goes with it`() throws {
        try withStore { store in
            try store.insert(Self.session)
            try store.insert(Self.message(1))
            try store.insert(Self.question("q", at: 1))
            try store.deleteSession("s")
            #expect(try store.messages(of: "s", after: 0, limit: 9) == [])
            #expect(try store.permission(PermissionKey("s", "q")) == nil)
            #expect(try store.pendingPermissions(of: nil, in: nil) == [])
        }
    }

    @Test func `a transcript keeps its latest messages`() throws {
        try withStore { store in
            try store.insert(Self.session)
            let count = MessageRow.maximumPerSession + 3
            for sequence in 1...count { try store.insert(Self.message(sequence)) }
            let oldest = try store.messages(of: "s", after: 0, limit: 1)
            #expect(oldest.map(\.sequence) == [4])
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
            let pending = try store.pendingPermissions(of: "t", in: "s")
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
