import AgentWorker
import ClaudeAPI
import EventLoop
import Glibc
import JSON
import Protocol
import Realtime
import Testing
import Tools

/// The whole worker: a real model server, real tools, a played hub, on one loop.
@Suite(.serialized) struct WorkerTests {
    @Test func `a prompt streams text, runs Bash, asks, and changes a file`() throws {
        let world = try WorkerWorld()
        defer { world.end() }
        world.begin()
        #expect(world.hub.readiness?.capacity == 100)
        world.play("Show me", mode: .ask)
        let types = world.hub.types("ses")
        #expect(types.contains(.textDelta))
        #expect(types.filter { $0 == .toolStart }.count == 2)
        #expect(types.last == .complete)
        #expect(world.hub.event(.complete, of: "ses")?["reason"] == "complete")
        // In ask mode both ask: Bash may change something as well.
        #expect(world.hub.questions.map { $0["toolName"] } == ["Bash", "Write"])
        #expect(world.hub.questions.first?["command"] == "ls -la")
        #expect(world.hub.questions.first?["inputDigest"]?.stringValue?.utf8.count == 64)
        #expect(world.file("switchboard-demo.md")?.contains("Runs: 1") == true)
        #expect(!world.hub.operatorEvents.isEmpty)
        // The next message goes on from the transcript, and reads before it edits.
        world.play("Again", mode: .ask)
        #expect(world.file("switchboard-demo.md")?.contains("Runs: 2") == true)
    }

    @Test func `a denied question changes nothing, and the run goes on`() throws {
        let world = try WorkerWorld()
        defer { world.end() }
        world.begin()
        world.hub.decide = { question in
            PermissionVerdict(allowed: question["toolName"] == "Bash", reason: "user:u")
        }
        world.play("Show me", mode: .ask)
        #expect(world.file("switchboard-demo.md") == nil)
        #expect(world.hub.event(.complete, of: "ses")?["reason"] == "complete")
    }

    @Test func `safe mode asks nobody and changes nothing`() throws {
        let world = try WorkerWorld()
        defer { world.end() }
        world.begin()
        world.play(
            """
            demo:tool Bash {"command": "ls -la; touch made-by-bash; echo done"}
            demo:tool Write {"file_path": "x.txt", "content": "x"}
            """, mode: .safe)
        #expect(world.hub.questions.isEmpty)
        #expect(world.file("made-by-bash") == nil)
        #expect(world.file("x.txt") == nil)
        #expect(world.hub.event(.complete, of: "ses")?["reason"] == "complete")
    }

    @Test(
        arguments: [
            ("demo:error 401", "MODEL_AUTHENTICATION_FAILED"),
            ("demo:error 429", "MODEL_RATE_LIMITED"),
            ("demo:retry-after 0 x9", "MODEL_RATE_LIMITED"),
            ("demo:error 500", "MODEL_UNAVAILABLE"),
            ("demo:error 529", "MODEL_OVERLOADED"), ("demo:error-midstream", "MODEL_OVERLOADED"),
            ("demo:drop", "MODEL_UNAVAILABLE"), ("demo:silence", "MODEL_UNAVAILABLE"),
            ("demo:max-tokens-tool", "OUTPUT_LIMIT_REACHED"), ("demo:refusal", "MODEL_REFUSED"),
            ("demo:context-overflow x9", "CONTEXT_TOO_LONG"), ("demo:retry-after 0", nil),
            ("demo:error 500 x1", nil), ("demo:error-midstream x1", nil), ("demo:drop x1", nil),
            ("demo:silence x1", nil), ("demo:half-utf8", nil), ("demo:unknown-event", nil),
            ("demo:empty-text", nil), ("demo:pause-turn", nil), ("demo:tools 30", nil),
            ("demo:output 700000", nil),
        ] as [(String, String?)])
    func `whatever the endpoint does ends in a defined event, and the next message works`(
        prompt: String, code: String?
    ) throws {
        let world = try WorkerWorld()
        defer { world.end() }
        world.begin()
        world.play(prompt)
        #expect(world.hub.types("ses").filter { $0 == .complete }.count == 1)
        #expect(world.hub.event(.error, of: "ses")?["code"]?.stringValue == code)
        #expect(
            world.hub.event(.complete, of: "ses")?["reason"] == (code == nil ? "complete" : "error")
        )
        world.play("demo:stream 3")
        #expect(world.hub.event(.complete, of: "ses")?["reason"] == "complete")
        #expect(world.hub.text(of: "ses") == "tok0 tok1 tok2")
    }

    @Test func `a conversation that is too long is summarised and goes on`() throws {
        let world = try WorkerWorld()
        defer { world.end() }
        world.begin()
        world.play("demo:stream 20")
        world.play("demo:context-overflow x1")
        #expect(world.hub.event(.complete, of: "ses")?["reason"] == "complete")
        #expect(world.hub.text(of: "ses").contains("summarised"))
        #expect(world.hub.sessions["ses"]?.entries.contains { $0.isSummary } == true)
        world.play("demo:stream 2")
        #expect(world.hub.text(of: "ses") == "tok0 tok1")
    }

    @Test func `an abort in mid-stream closes the model's connection at once`() throws {
        let world = try WorkerWorld(pace: .milliseconds(1))
        defer { world.end() }
        world.begin()
        world.hub.onEvent = { id, type, _ in
            guard type == .textDelta else { return }
            world.hub.onEvent = nil
            world.hub.send(.abort(world.hub.lease(of: id), reason: "user:u"))
        }
        world.play("demo:stream 1000000")
        #expect(world.hub.types("ses").suffix(2) == [.interrupted, .complete])
        #expect(world.hub.event(.interrupted, of: "ses")?["reason"] == "user:u")
        world.run { world.model.streamCount == 0 }
        #expect(world.model.streamCount == 0)
        #expect(world.hub.text(of: "ses").hasPrefix("tok0"))
        world.play("demo:stream 2")
        #expect(world.hub.text(of: "ses") == "tok0 tok1")
    }

    @Test func `an abort in mid-tool ends the whole process tree`() throws {
        let world = try WorkerWorld()
        defer { world.end() }
        world.begin()
        world.hub.onEvent = { id, type, _ in
            guard type == .toolStart else { return }
            world.hub.onEvent = nil
            world.timer = world.loop.schedule(after: .milliseconds(300)) {
                #expect(isRunning(["sleep", "3217"]))
                world.hub.send(.abort(world.hub.lease(of: id), reason: "user:u"))
            }
        }
        world.play("demo:tool Bash {\"command\": \"setsid sleep 3217 & sleep 3217\"}")
        #expect(world.hub.event(.complete, of: "ses")?["reason"] == "interrupted")
        #expect(world.hub.types("ses").filter { $0 == .toolResult }.count == 1)
        #expect(!isRunning(["sleep", "3217"]))
        world.play("demo:stream 1")
        #expect(world.hub.event(.complete, of: "ses")?["reason"] == "complete")
    }

    @Test func `an abort while a question is open ends it without an answer`() throws {
        let world = try WorkerWorld()
        defer { world.end() }
        world.begin()
        world.hub.decide = { _ in
            world.hub.send(.abort(world.hub.lease(of: "ses"), reason: "user:u"))
            return nil
        }
        world.play("Show me", mode: .ask)
        #expect(world.hub.event(.complete, of: "ses")?["reason"] == "interrupted")
        #expect(world.hub.questions.count == 1)
    }

    @Test func `a lost link costs nothing but a repetition`() throws {
        let world = try WorkerWorld(pace: .milliseconds(1))
        defer { world.end() }
        world.begin()
        var deltas = 0
        world.hub.onEvent = { _, type, _ in
            guard type == .textDelta else { return }
            deltas += 1
            if deltas == 5 { world.hub.disconnect() }
        }
        world.play("demo:stream 300")
        #expect(world.hub.welcomes == 2)
        #expect(world.hub.readiness?.leases == [world.hub.lease(of: "ses")])
        #expect(world.hub.event(.complete, of: "ses")?["reason"] == "complete")
        #expect(world.hub.types("ses").filter { $0 == .complete }.count == 1)
        #expect(world.hub.text(of: "ses").hasSuffix("tok299"))
        #expect(world.hub.sessions["ses"]?.entries.count == 2)
    }

    @Test func `a question is asked again when the link is back`() throws {
        let world = try WorkerWorld()
        defer { world.end() }
        world.begin()
        world.hub.decide = { _ in
            world.hub.disconnect()
            return world.hub.questions.count == 1
                ? nil : PermissionVerdict(allowed: true, reason: "user:u")
        }
        world.hub.run(
            "demo:tool Bash {\"command\": \"echo hi > hi.txt\"}", in: "ses",
            workspace: world.workspace)
        world.run { world.hub.questions.count == 1 }
        world.hub.decide = { _ in PermissionVerdict(allowed: true, reason: "user:u") }
        world.run { world.hub.isOver("ses") }
        #expect(world.hub.questions.count == 2)
        #expect(world.hub.questions[0]["requestId"] == world.hub.questions[1]["requestId"])
        #expect(world.file("hi.txt") == "hi\n")
    }

    @Test func `a run whose lease is lost stops and says nothing more`() throws {
        let world = try WorkerWorld(pace: .milliseconds(1))
        defer { world.end() }
        world.begin()
        var reports = 0
        world.hub.refuses = { _ in
            reports += 1
            return reports > 3 ? .leaseLost : nil
        }
        world.hub.run("demo:stream 100000", in: "ses", workspace: world.workspace)
        world.run { world.model.streamCount == 0 && reports > 3 }
        let said = reports
        world.hub.refuses = nil
        world.play("demo:stream 3", in: "other")
        #expect(said <= reports)
        #expect(!world.hub.types("ses").contains(.complete))
        #expect(world.hub.event(.complete, of: "other")?["reason"] == "complete")
    }

    @Test func `what the hub cannot store ends the run with an error`() throws {
        let world = try WorkerWorld(pace: .milliseconds(1))
        defer { world.end() }
        world.begin()
        var isFirst = true
        world.hub.refuses = { report in
            guard isFirst, report.events.contains(where: { $0.channel == .session("ses") }) else {
                return nil
            }
            isFirst = false
            return .payloadTooLarge
        }
        world.play("demo:stream 100000")
        #expect(world.hub.event(.error, of: "ses")?["code"] == "INTERNAL_ERROR")
        #expect(world.hub.event(.complete, of: "ses")?["reason"] == "error")
    }

    @Test func `a drain interrupts what runs and is done when all of it is stored`() throws {
        let world = try WorkerWorld(pace: .milliseconds(1))
        defer { world.end() }
        world.begin()
        for number in 1...5 {
            world.hub.run(
                "demo:stream 100000", in: SessionID(stringLiteral: "s\(number)"),
                workspace: world.workspace)
        }
        world.run { world.model.streamCount == 5 }
        var isDone = false
        world.worker.drain { isDone = true }
        world.run { isDone }
        #expect(isDone)
        #expect(world.hub.readiness?.capacity == 0)
        for number in 1...5 {
            let id = SessionID(stringLiteral: "s\(number)")
            #expect(world.hub.event(.interrupted, of: id)?["reason"] == "restart")
            #expect(world.hub.isOver(id))
        }
    }

    @Test func `without a key a run says so`() throws {
        let world = try WorkerWorld(hasKey: false)
        defer { world.end() }
        world.begin()
        world.play("Hi")
        #expect(world.hub.event(.error, of: "ses")?["code"] == "MODEL_NOT_CONFIGURED")
        #expect(world.hub.types("ses") == [.error, .complete])
    }

    @Test func `a session without a workspace has a folder of its own`() throws {
        let world = try WorkerWorld()
        defer { world.end() }
        world.begin()
        world.hub.run(
            "demo:tool Write {\"file_path\": \"x.txt\", \"content\": \"x\"}", in: "own",
            mode: .allowAll)
        world.run { world.hub.isOver("own") }
        let path = "\(world.directory)/state/workspaces/own/x.txt"
        #expect(unsafe access(path, F_OK) == 0)
    }

    @Test(arguments: ["/etc", "..", "../other", "link", "missing"])
    func `a working directory outside of the workspace is refused`(directory: String) throws {
        let world = try WorkerWorld()
        defer { world.end() }
        world.begin()
        _ = unsafe mkdir("\(world.directory)/other", 0o700)
        _ = unsafe symlink("\(world.directory)/other", "\(world.workspace)/link")
        world.hub.run(
            "Hi", in: "ses", workspace: world.workspace, workingDirectory: directory)
        world.run { world.hub.isOver("ses") }
        #expect(world.hub.event(.error, of: "ses")?["code"] == "WORKSPACE_UNUSABLE")
    }

    @Test func `a hundred sessions stream at once, none is starved, and nothing is left`() throws {
        let world = try WorkerWorld(pace: .milliseconds(10))
        defer { world.end() }
        world.begin()
        world.play("demo:stream 1", in: "warm")
        let descriptors = Self.descriptors()
        let ids = (1...100).map { SessionID(stringLiteral: "s\($0)") }
        var firstEnd: Int?
        var order: [SessionID] = []
        world.hub.onEvent = { id, type, _ in
            if type == .textDelta, !order.contains(id) { order.append(id) }
            if type == .complete, firstEnd == nil { firstEnd = order.count }
        }
        for id in ids { world.hub.run("demo:stream 50", in: id, workspace: world.workspace) }
        world.run { ids.allSatisfy { world.hub.isOver($0) } }
        for id in ids {
            #expect(world.hub.text(of: id).hasSuffix("tok49"))
        }
        // Everybody had begun before the first was at its end.
        #expect(firstEnd == 100)
        world.run { world.model.connectionCount == 0 || Self.descriptors() <= descriptors + 16 }
        // Idle connections to the model are kept for the next request; nothing else is.
        #expect(Self.descriptors() <= descriptors + 2 * 100)
    }

    private static func descriptors() -> Int {
        guard let folder = unsafe opendir("/proc/self/fd") else { return 0 }
        defer { unsafe closedir(folder) }
        var count = 0
        while unsafe readdir(folder) != nil { count += 1 }
        return count
    }
}
