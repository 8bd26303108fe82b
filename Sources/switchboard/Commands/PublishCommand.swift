import ArgumentParser
import JSON
import Protocol

/// Publishes one event, or a list of them from standard input.
struct PublishCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "publish", abstract: "Publish an event on a channel.",
        discussion: """
            switchboard publish team:t1 log_entry '{"line":"hello"}'
            switchboard publish - < events.json     one event, or {"events": […]}, as in the REST API

            Names of specs and agents are a team's own: where several teams have one, --team says whose.
            """)

    @Argument(help: "The channel, or - for events from standard input.") var channel: String
    @Argument(help: "A domain type such as log_entry, a session type, or x_ and a name.")
    var type: String?
    @Argument(help: "JSON: the payload, or a session type's own fields.") var payload: String?
    @Option(help: "Makes a repeated publish harmless.") var eventId: String?
    @OptionGroup var team: TeamOption
    @OptionGroup var hub: HubOptions

    func validate() throws {
        _ = try team.identifier()
        let isFromInput = channel == "-"
        guard isFromInput == (type == nil) else {
            throw ValidationError("give a channel and a type, or - alone")
        }
        guard !isFromInput || (payload == nil && eventId == nil) else {
            throw ValidationError("with - the events come whole from standard input")
        }
    }

    func run() throws {
        let events = try type.map { [try event(type: $0)] } ?? eventsOfInput()
        let results = try hub.connect().publish(events, of: try team.identifier())
        if hub.json { return Output.json(["results": .array(results)]) }
        Output.table(
            results,
            [
                ("CHANNEL", "channel"), ("OFFSET", "offset"), ("EVENT", "eventId"),
                ("DUPLICATE", "duplicate"), ("EPOCH", "epoch"),
            ])
    }

    private func event(type: String) throws -> JSONObject {
        let content = try payload.map { try parse(Array($0.utf8), "the payload") }
        var event: JSONObject = ["channel": .string(channel), "type": .string(type)]
        if let eventId { event["eventId"] = .string(eventId) }
        if case .session = EventType(type) {
            guard let fields = (content ?? [:]).objectValue else {
                throw ValidationError("the fields of a session type are a JSON object")
            }
            for (key, value) in fields { event[key] = value }
        } else if let content {
            event["payload"] = content
        }
        return event
    }

    private func eventsOfInput() throws -> [JSONObject] {
        let document = try parse(StandardInput.readAll(), "standard input")
        let events = document["events"]?.arrayValue ?? document.arrayValue ?? [document]
        return try events.map { event in
            guard let object = event.objectValue else {
                throw ValidationError("an event is a JSON object")
            }
            return object
        }
    }

    private func parse(_ bytes: [UInt8], _ source: String) throws -> JSONValue {
        do {
            return try JSONValue(parsing: bytes)
        } catch {
            throw ValidationError("\(source) is not JSON: \(error)")
        }
    }
}
