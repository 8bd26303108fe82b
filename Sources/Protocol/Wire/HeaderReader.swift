import JSON
import Realtime

/// Reads the fields of an IPC header.
///
/// Peers are our own processes, so one bad field ends it.
struct HeaderReader {
    let fields: JSONObject

    init(_ fields: JSONObject) { self.fields = fields }

    init(_ value: JSONValue, _ name: String) throws(WireError) {
        guard let fields = value.objectValue else { throw .badField(name) }
        self.fields = fields
    }

    func string(_ key: String) throws(WireError) -> String {
        guard let text = fields[key]?.stringValue else { throw .badField(key) }
        return text
    }

    func optionalString(_ key: String) throws(WireError) -> String? {
        fields[key] == nil ? nil : try string(key)
    }

    func integer(_ key: String) throws(WireError) -> Int64 {
        guard let number = fields[key]?.integerValue else { throw .badField(key) }
        return number
    }

    func optionalInteger(_ key: String) throws(WireError) -> Int64? {
        fields[key] == nil ? nil : try integer(key)
    }

    /// A length or count: not negative.
    func count(_ key: String) throws(WireError) -> Int {
        guard let number = Int(exactly: try integer(key)), number >= 0 else { throw .badField(key) }
        return number
    }

    func boolean(_ key: String) throws(WireError) -> Bool {
        guard let flag = fields[key]?.boolValue else { throw .badField(key) }
        return flag
    }

    func array(_ key: String) throws(WireError) -> [JSONValue] {
        guard let items = fields[key]?.arrayValue else { throw .badField(key) }
        return items
    }

    func object(_ key: String) throws(WireError) -> JSONObject {
        guard let object = fields[key]?.objectValue else { throw .badField(key) }
        return object
    }

    func word<Word: RawRepresentable>(_ key: String) throws(WireError) -> Word
    where Word.RawValue == String {
        guard let word = Word(rawValue: try string(key)) else { throw .badField(key) }
        return word
    }

    func identifier<Kind>(_ key: String) throws(WireError) -> Identifier<Kind> {
        let text = try string(key)
        do { return try Identifier(parsing: text) } catch { throw .badField(key) }
    }

    func optionalIdentifier<Kind>(_ key: String) throws(WireError) -> Identifier<Kind>? {
        fields[key] == nil ? nil : try identifier(key)
    }

    func channel(_ key: String = "channel") throws(WireError) -> ChannelIdentity {
        guard let channel = ChannelIdentity(parsing: try string(key)) else { throw .badField(key) }
        return channel
    }

    func position() throws(WireError) -> StreamPosition {
        StreamPosition(epoch: try identifier("epoch"), offset: try integer("offset"))
    }

    func optionalPosition() throws(WireError) -> StreamPosition? {
        fields["epoch"] == nil ? nil : try position()
    }
}

extension JSONObject {
    mutating func set(_ position: StreamPosition?) {
        guard let position else { return }
        self["epoch"] = .string(position.epoch.text)
        self["offset"] = .integer(position.offset)
    }

    mutating func set<Kind>(_ key: String, _ identifier: Identifier<Kind>?) {
        if let identifier { self[key] = .string(identifier.text) }
    }
}
