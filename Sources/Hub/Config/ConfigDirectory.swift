import Daemon
import Glibc
import JSON
import Protocol

/// The directory with `config.json` and `theme.json`, as the files thread reads and writes it.
///
/// Every call blocks.
struct ConfigDirectory: Sendable {
    let path: String
    /// Overrides `config.json`.
    let environment: [String: String]

    /// Nil where there is no such file.
    func read(_ file: WatchedFile) throws(SmallFileError) -> [UInt8]? {
        try SmallFile.read("\(path)/\(file.fileName)", maximumBytes: Settings.maximumFileBytes)
    }

    /// The document; an empty one where there is no file.
    func document(_ file: WatchedFile) throws -> JSONValue {
        try read(file).map { try JSONValue(parsing: $0) } ?? [:]
    }

    /// Throws every problem of a document; answers the settings of a configuration.
    func check(_ document: JSONValue, as file: WatchedFile) throws -> Settings? {
        switch file {
        case .config:
            return try Settings.parse(document, environment: environment)
        case .theme:
            try Theme.check(document)
            return nil
        }
    }

    /// Replaces a file at once, readable for every process of the product.
    ///
    /// A link stays one: what it leads to is replaced in its own folder, and keeps its mode and, as
    /// far as that is allowed, its owner.
    func write(_ document: JSONValue, to file: WatchedFile) throws(ConfigWriteError) {
        // Where it exists already, this fails and changes nothing.
        _ = unsafe mkdir(path, 0o755)
        let name = "\(path)/\(file.fileName)"
        let trail = FileTrail(of: name)
        if let failure = trail.failure { throw ConfigWriteError(name, trail, "\(failure)") }
        var old = stat()
        let isThere = unsafe lstat(trail.target, &old) == 0
        guard !isThere || old.st_mode & S_IFMT == S_IFREG else {
            throw ConfigWriteError(name, trail, "it is no regular file")
        }
        do throws(SmallFileError) {
            try SmallFile.replace(
                trail.target, with: Array(document.indented.utf8),
                mode: isThere ? old.st_mode & 0o777 : 0o644)
        } catch {
            throw ConfigWriteError(name, trail, "\(error)")
        }
        if isThere { _ = unsafe chown(trail.target, old.st_uid, old.st_gid) }
    }
}

/// Why one of the two files was not replaced.
struct ConfigWriteError: Error, Equatable, CustomStringConvertible {
    let description: String

    init(_ name: String, _ trail: FileTrail, _ reason: String) {
        let place = trail.target == name ? name : "\(name), a link to \(trail.target),"
        description = "\(place) cannot be replaced: \(reason); mend that, or edit the file there"
    }
}

/// What may stand in `theme.json`: one object of moderate size, for the console to read.
enum Theme {
    /// 64 KiB: colours and names of a page, not its pictures.
    static let maximumBytes = 64 * 1024

    static func check(_ document: JSONValue) throws(ThemeError) {
        guard document.objectValue != nil else { throw .notAnObject }
        let size = document.encoded().count
        guard size <= maximumBytes else { throw .tooLarge(bytes: size) }
    }
}

enum ThemeError: Error, Equatable, CustomStringConvertible {
    case notAnObject
    case tooLarge(bytes: Int)

    var description: String {
        switch self {
        case .notAnObject: "a theme is a JSON object"
        case .tooLarge(let bytes):
            "the theme has \(bytes) bytes, at most \(Theme.maximumBytes) are taken"
        }
    }
}

extension JSONValue {
    /// Two levels of members on lines of their own, for files that people edit too.
    var indented: String {
        guard case .object(let groups) = self, !groups.isEmpty else { return "\(compact)\n" }
        let lines = groups.map { key, value -> String in
            guard case .object(let members) = value, !members.isEmpty else {
                return "  \(JSONValue.string(key).compact): \(value.compact)"
            }
            let inner = members.map {
                "    \(JSONValue.string($0.key).compact): \($0.value.compact)"
            }
            let body = inner.joined(separator: ",\n")
            return "  \(JSONValue.string(key).compact): {\n\(body)\n  }"
        }
        return "{\n\(lines.joined(separator: ",\n"))\n}\n"
    }

    private var compact: String { String(decoding: encoded(), as: UTF8.self) }
}
