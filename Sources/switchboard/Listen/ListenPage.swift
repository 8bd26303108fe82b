import Client
import Daemon
import JSON
import Realtime

/// What `listen` prints: messages to standard output, what is to be said about them to standard
/// error.
final class ListenPage {
    private let isJSON: Bool
    private let output = LineOutput(environment: ProcessEnvironment.variables())
    /// Channels that were joined before.
    private var joined: Set<ChannelName> = []

    init(isJSON: Bool) { self.isJSON = isJSON }

    func show(_ event: ListenEvent) {
        switch event {
        case .message(let text):
            Output.line(isJSON ? String(decoding: text, as: UTF8.self) : line(text))
        case .joined(let channel, let position, let isGap, _):
            let isNew = joined.insert(channel).inserted
            StandardError.write("\(Self.words(channel, position, isNew: isNew, isGap: isGap))\n")
        case .interrupted(let reason):
            StandardError.write("interrupted: \(reason); connecting again\n")
        }
    }

    private static func words(
        _ channel: ChannelName, _ position: StreamPosition, isNew: Bool, isGap: Bool
    ) -> String {
        let place = "\(position.epoch):\(position.offset)"
        let gap = "what came before is not kept any more, read it over REST"
        switch (isNew, isGap) {
        case (true, false): return "listening to \(channel) from \(place)"
        case (true, true): return "listening to \(channel) from \(place); \(gap)"
        case (false, false): return "resumed \(channel) at \(place); nothing was missed"
        case (false, true): return "resumed \(channel) at \(place); \(gap)"
        }
    }

    /// Time, channel, offset, type and what the type says.
    private func line(_ text: [UInt8]) -> String {
        guard let message = try? JSONValue(parsing: text),  // shown as it is
            var fields = message.objectValue
        else { return LogText.escaped(bytes: text, maximumBytes: 4_096) }
        let time = output.coloured(Output.cell(fields["timestamp"]), .dim)
        let channel = output.coloured(Output.cell(fields["channel"]), .cyan)
        let offset = Output.cell(fields["offset"])
        let type = output.coloured(Output.cell(fields["type"]), .bold)
        for key in ["timestamp", "channel", "offset", "type", "eventId", "encoding", "sessionId"] {
            fields[key] = nil
        }
        let body = fields["payload"] ?? .object(fields)
        let shown = LogText.escaped(
            String(decoding: body.encoded(), as: UTF8.self), maximumBytes: 4_096, isQuoted: false)
        return "\(time) \(channel) #\(offset) \(type) \(shown)"
    }
}
