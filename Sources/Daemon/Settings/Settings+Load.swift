import JSON

extension Settings {
    /// Largest `config.json` that is read.
    public static let maximumFileBytes = 1_048_576

    /// Reads `config.json` in a directory and the environment over it.
    ///
    /// A missing file or directory means defaults. Blocks for the read of a small file: at start,
    /// or on a thread of its own. Throws every problem at once.
    public static func load(
        configDirectory: String, environment: [String: String]
    ) throws(SettingsError) -> Settings {
        let path = "\(configDirectory)/config.json"
        let document: JSONValue
        do {
            let bytes = try SmallFile.read(path, maximumBytes: maximumFileBytes)
            document = try bytes.map { try JSONValue(parsing: $0) } ?? [:]
        } catch {
            throw SettingsError(
                problems: [
                    .init(key: path, value: nil, expected: "\(error)", source: .file)
                ])
        }
        return try parse(document, environment: environment)
    }

    /// Validates a document that is already read, as the hub's watcher and the REST route do.
    public static func parse(
        _ document: JSONValue, environment: [String: String]
    ) throws(SettingsError) -> Settings {
        var reader = SettingsReader()
        reader.read(document)
        reader.read(environment: environment)
        if reader.problems.isEmpty { reader.checkRelations() }
        guard reader.problems.isEmpty else { throw SettingsError(problems: reader.problems) }
        return reader.settings
    }

    /// Every setting in effect, nested as in `config.json`, in the order of the table.
    ///
    /// Nothing in it is secret: secrets come as files (`LoadCredential`), never as settings, and a
    /// key that is not in the table is refused without its value being shown.
    public var effective: JSONValue {
        var groups: JSONObject = [:]
        for setting in SettingsTable.all {
            let parts = setting.key.split(separator: ".").map(String.init)
            var members = groups[parts[0]]?.objectValue ?? [:]
            members[parts[1]] = setting.value(in: self)
            groups[parts[0]] = .object(members)
        }
        return .object(groups)
    }
}
