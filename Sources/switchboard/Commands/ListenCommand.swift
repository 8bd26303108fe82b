import ArgumentParser
import Client
import Daemon
import JSON
import Protocol
import Realtime

/// Prints what is published on channels, as it comes.
struct ListenCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "listen", abstract: "Print what is published, until Ctrl-C.",
        discussion: "With --json every message is one line, exactly as clients get it.")

    @Argument(help: "Channels such as team:t1 or session:s1.") var channels: [String]
    @Option(help: "From after this position on, as EPOCH:OFFSET; for one channel.")
    var since: String?
    @OptionGroup var hub: HubOptions

    func validate() throws {
        guard since == nil || channels.count == 1 else {
            throw ValidationError("--since is a position in one channel: name one channel")
        }
        _ = try targets()
    }

    func run() throws {
        try hub.installation().listen(try targets(), show)
    }

    private func targets() throws -> [ListenTarget] {
        let position = try since.map(Self.position)
        return try channels.map { name in
            do {
                return ListenTarget(try ChannelName(parsing: name), since: position)
            } catch {
                throw ValidationError("\(name): \(error)")
            }
        }
    }

    private static func position(_ text: String) throws -> StreamPosition {
        guard let colon = text.lastIndex(of: ":"),
            let offset = Int64(text[text.index(after: colon)...]),
            let epoch = try? Epoch(parsing: text[..<colon])  // said below, with the form
        else {
            throw ValidationError("--since is EPOCH:OFFSET, as a subscription answers it")
        }
        return StreamPosition(epoch: epoch, offset: offset)
    }

    /// Messages go to standard output, what is said about them to standard error.
    private func show(_ event: ListenEvent) {
        switch event {
        case .message(let text):
            Output.line(hub.json ? String(decoding: text, as: UTF8.self) : Self.line(text))
        case .joined(let channel, let position, let isGap, _):
            let gap = isGap ? "; what came before is not kept any more, read it over REST" : ""
            StandardError.write(
                "listening to \(channel) from \(position.epoch):\(position.offset)\(gap)\n")
        case .interrupted(let reason):
            StandardError.write("interrupted: \(reason); connecting again\n")
        }
    }

    /// Time, channel, offset, type and what the type says.
    private static func line(_ text: [UInt8]) -> String {
        guard let message = try? JSONValue(parsing: text),  // shown as it is
            var fields = message.objectValue
        else { return LogText.escaped(bytes: text, maximumBytes: 4_096) }
        let time = Output.cell(fields["timestamp"])
        let channel = Output.cell(fields["channel"])
        let offset = Output.cell(fields["offset"])
        let type = Output.cell(fields["type"])
        for key in ["timestamp", "channel", "offset", "type", "eventId", "encoding", "sessionId"] {
            fields[key] = nil
        }
        let body = fields["payload"] ?? .object(fields)
        let shown = LogText.escaped(
            String(decoding: body.encoded(), as: UTF8.self), maximumBytes: 4_096, isQuoted: false)
        return "\(time) \(channel) #\(offset) \(type) \(shown)"
    }
}
