import Client
import Daemon
import EventLoop
import Glibc
import JSON
import Protocol
import Realtime
import System

/// One message under way: performs what its ``Conversation`` says.
///
/// Confined to the main thread, whose loop never waits for the network: listening has a thread of
/// its own, and so has each request.
final class Sending {
    private let installation: Installation
    /// The session's, for every request.
    private let parameters: JSONObject
    private let channel: ChannelName
    private let text: String
    private let clientMessageID = Sending.freshID()
    private let isJSON: Bool
    private let loop: EventLoop
    private var conversation: Conversation
    private var page: TerminalPage
    private var terminal: TerminalInput?
    private var interrupt: SignalWatcher?
    private var firstWait: Timer?
    private var lastWait: Timer?
    private var news: Mailbox<News>?
    private var ending: Conversation.Ending?

    /// What reaches the loop from other threads.
    private enum News: Sendable {
        case heard(ListenEvent)
        case deaf(ClientError)
        case answered(Request, Result<JSONValue, ClientError>)
    }

    /// What was asked for, by the action that asked.
    private enum Request: Sendable {
        case post, takeBack, abort, reread
        case answer(String)
    }

    /// - Parameter session: the parameters that name it, `id` among them.
    init(
        _ installation: Installation, session: JSONObject, text: String, isJSON: Bool, canAsk: Bool
    ) throws {
        self.installation = installation
        parameters = session
        channel = try ChannelName(parsing: "session:\(session["id"]?.stringValue ?? "")")
        self.text = text
        self.isJSON = isJSON
        loop = try EventLoop()
        let terminals = (0...2).map { isatty(Int32($0)) == 1 }
        let canAsk = canAsk && terminals[0] && terminals[2]
        conversation = Conversation(clientMessageID: clientMessageID, canAsk: canAsk)
        page = TerminalPage(
            outputIsTerminal: terminals[1], errorIsTerminal: terminals[2],
            isColoured: LineOutput.allowsColour(ProcessEnvironment.variables()))
        if canAsk {
            terminal = TerminalInput(
                loop, line: { [unowned self] line in typed(line) },
                end: { [unowned self] in perform(conversation.inputEnded()) })
        }
    }

    /// Blocks until the run has ended.
    func run() -> Conversation.Ending {
        news = loop.mailbox(capacity: 1_024) { [unowned self] in for item in $0 { take(item) } }
        interrupt = loop.onSignal(SIGINT) { [unowned self] in
            // From here on the signal ends the process at once, whatever it waits for.
            interrupt?.cancel()
            _ = signal(SIGINT) { _ in _exit(130) }
            perform(conversation.interrupted())
        }
        listen()
        if ending == nil { loop.run() }
        return ending ?? .failed
    }

    private func take(_ item: News) {
        switch item {
        case .heard(.joined(_, _, let isGap, let snapshot)):
            perform(conversation.joined(isGap: isGap, snapshot: snapshot))
        case .heard(.interrupted(let reason)): perform(conversation.disconnected(reason))
        case .heard(.message(let text)): published(text)
        case .deaf(let error): perform(conversation.postFailed("\(error)"))
        case .answered(let request, let result): answered(request, result)
        }
    }

    private func published(_ text: [UInt8]) {
        if isJSON { Output.line(String(decoding: text, as: UTF8.self)) }
        // What is no JSON is no event of this server.
        guard let event = try? JSONValue(parsing: text) else { return }
        perform(conversation.published(event))
    }

    private func typed(_ line: String) {
        page.typedLine()
        perform(conversation.typed(line))
    }

    private func perform(_ actions: [Conversation.Action]) {
        for action in actions {
            if case .ask = action { terminal?.forget() }
            show(page.show(action))
            perform(action)
        }
    }

    private func perform(_ action: Conversation.Action) {
        switch action {
        case .text, .endParagraph, .note, .warning, .ask, .withdrawQuestion: break
        case .post:
            request(
                .post, .createMessage,
                ["text": .string(text), "clientMessageId": .string(clientMessageID)])
            // Some times what an agent worker takes to come back after a restart.
            firstWait = loop.schedule(after: .seconds(5)) { [unowned self] in
                perform(conversation.waitedLong())
            }
        case .answer(let id, let allowed, let alwaysAllow):
            request(
                .answer(id), .answerPermission,
                [
                    "requestId": .string(id), "allowed": .bool(allowed),
                    "alwaysAllow": .bool(alwaysAllow),
                ])
        case .takeBack(let id): request(.takeBack, .deleteMessage, ["messageId": .string(id)])
        case .abort: request(.abort, .abortSession, [:])
        case .reread: reread()
        case .end(let ending): end(ending)
        case .endSoon(let ending):
            lastWait = loop.schedule(after: .seconds(2)) { [unowned self] in end(ending) }
        }
    }

    private func end(_ ending: Conversation.Ending) {
        if self.ending == nil { self.ending = ending }
        loop.stop()
    }

    /// With `--json` standard output holds events alone.
    private func show(_ pieces: [TerminalPage.Piece]) {
        for piece in pieces {
            switch piece {
            case .output(let text):
                // A reader that has gone wants no more of the answer.
                if !isJSON, !WholeWrite.write(text.utf8, to: 1) { end(.failed) }
            case .error(let text): StandardError.write(text)
            }
        }
    }

    private func answered(_ request: Request, _ result: Result<JSONValue, ClientError>) {
        switch (request, result) {
        case (.post, .success): break  // Its publication says all there is to know.
        case (.post, .failure(let error)): perform(conversation.postFailed("\(error)"))
        case (.takeBack, _), (.abort, _): perform(conversation.stopped(Self.outcome(result)))
        case (.reread, .success(let messages)):
            perform(conversation.reread(messages.arrayValue ?? []))
        case (.reread, .failure(let error)): perform(conversation.rereadFailed("\(error)"))
        case (.answer, .success): break  // `permission_resolved` follows.
        case (.answer(let id), .failure(let error)):
            perform(conversation.answerFailed(id, error.isTooLate ? nil : "\(error)"))
        }
    }

    private static func outcome(
        _ result: Result<JSONValue, ClientError>
    ) -> Conversation.StopOutcome {
        switch result {
        case .success(let answer): answer["aborted"]?.boolValue == false ? .nothingRuns : .done
        case .failure(.refused(let error)) where error.code == .conflict: .tooLate
        case .failure(.refused(let error)) where error.code == .notFound: .nothingRuns
        case .failure(let error): .failed("\(error)")
        }
    }
}

// MARK: - Threads

extension Sending {
    private func listen() {
        guard let news else { return }
        let target = ListenTarget(channel, since: nil)
        NamedThread.start("listen") { [installation] in
            do throws(ClientError) {
                try installation.listen([target]) { event in Self.post(.heard(event), to: news) }
            } catch {
                Self.post(.deaf(error), to: news)
            }
        }
    }

    private func request(
        _ request: Request, _ operation: Protocol.Operation, _ own: JSONObject
    ) {
        var parameters = parameters
        for (key, value) in own { parameters[key] = value }
        inBackground(request) { [installation, parameters] () throws(ClientError) in
            try installation.connect().call(operation, parameters)
        }
    }

    private func reread() {
        inBackground(.reread) { [installation, parameters] () throws(ClientError) in
            .array(try installation.connect().list(.listMessages, parameters))
        }
    }

    /// Tries for about half a minute: each of these requests may be made twice.
    private func inBackground(
        _ request: Request, _ body: @escaping @Sendable () throws(ClientError) -> JSONValue
    ) {
        guard let news else { return }
        NamedThread.start("request") {
            var backoff = Backoff(first: .milliseconds(250), maximum: .seconds(8))
            var random = SystemRandomNumberGenerator()
            for attempt in 1... {
                do throws(ClientError) {
                    return Self.post(.answered(request, .success(try body())), to: news)
                } catch {
                    guard error.isTransient, attempt < 10 else {
                        return Self.post(.answered(request, .failure(error)), to: news)
                    }
                    usleep(useconds_t(backoff.next(using: &random).wholeMilliseconds) * 1_000)
                }
            }
        }
    }

    /// Waits while the mailbox is full: a terminal that takes no text slows the server's client
    /// down, which resumes, instead of growing this one.
    private static func post(_ item: News, to news: Mailbox<News>) {
        while !news.post(item) { usleep(5_000) }
    }

    /// 128 bits from the system's generator, as 32 hexadecimal digits.
    private static func freshID() -> String {
        var random = SystemRandomNumberGenerator()
        return (0..<32).map { _ in String(Int.random(in: 0..<16, using: &random), radix: 16) }
            .joined()
    }
}

extension ClientError {
    /// Whether a question had ended before its answer came: the channel tells how.
    fileprivate var isTooLate: Bool {
        guard case .refused(let error) = self else { return false }
        return error.code == .permissionAlreadyResolved || error.code == .permissionNotFound
    }
}
