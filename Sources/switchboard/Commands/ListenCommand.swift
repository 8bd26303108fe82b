import ArgumentParser
import Client
import Protocol
import Realtime

/// Prints what is published on channels, as it comes.
struct ListenCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "listen", abstract: "Print what is published, until Ctrl-C.",
        discussion: """
            With --json every message is one line, exactly as clients get it. A lost connection is \
            made again, and the channels go on where they were; standard error says so, and what \
            was missed for good. Names of specs and agents are a team's own: where several teams \
            have one, --team says whose.
            """)

    @Argument(help: "Channels such as team:t1 or session:s1.") var channels: [String]
    @Option(help: "From after this position on, as EPOCH:OFFSET; for one channel.")
    var since: String?
    @OptionGroup var team: TeamOption
    @OptionGroup var hub: HubOptions

    func validate() throws {
        guard since == nil || channels.count == 1 else {
            throw ValidationError("--since is a position in one channel: name one channel")
        }
        _ = try targets()
        _ = try team.identifier()
    }

    func run() throws {
        let page = ListenPage(isJSON: hub.json)
        try hub.installation().listen(try targets(), of: try team.identifier()) { page.show($0) }
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
}
