import JSON
import Realtime

/// Everything that was wrong with the shape of a request, each with the path of the field.
public struct ValidationError: Error, Equatable, Sendable, CustomStringConvertible {
    public struct Problem: Equatable, Sendable {
        /// Where, as in `events[3].channel`; empty for the whole body.
        public let path: String
        /// What is taken there.
        public let problem: String

        public init(path: String, problem: String) {
            self.path = path
            self.problem = problem
        }
    }

    public let problems: [Problem]

    public init(_ problems: [Problem]) { self.problems = problems }

    public init(path: String, _ problem: String) {
        problems = [Problem(path: path, problem: problem)]
    }

    public var description: String {
        problems.map { $0.path.isEmpty ? $0.problem : "\($0.path): \($0.problem)" }
            .joined(separator: "; ")
    }

    /// The `details` of the REST error body.
    public var details: JSONValue {
        .array(problems.map { ["path": .string($0.path), "problem": .string($0.problem)] })
    }
}

/// A field that a partial update may leave out, clear or set.
public enum Change<Value: Sendable>: Sendable {
    case keep
    case clear
    case set(Value)
}

/// Reads the fields of one JSON object by name and collects every problem, so that a caller can
/// mend all of them at once.
///
/// Read every field first, then call ``check()``; a reader that met a problem returns nil or a
/// neutral value, which must not be used before the check.
public final class FieldReader {
    private let fields: JSONObject
    private let path: String
    private var problems: [ValidationError.Problem] = []

    /// - Parameter path: where the object stands in the request, empty for the body itself.
    public init(_ fields: JSONObject, path: String = "") {
        self.fields = fields
        self.path = path
    }

    /// Throws everything that was found.
    public func check() throws(ValidationError) {
        if !problems.isEmpty { throw ValidationError(problems) }
    }

    /// Adds a problem that only the caller can see, such as two fields that exclude each other.
    public func refuse(_ key: String, _ problem: String) {
        let place = path.isEmpty ? key : key.isEmpty ? path : "\(path).\(key)"
        problems.append(ValidationError.Problem(path: place, problem: problem))
    }

    public func value(_ key: String) -> JSONValue? { fields[key] }

    /// A string without control characters other than tab and newline; length in UTF-8 bytes.
    public func string(_ key: String, bytes: ClosedRange<Int> = 1...256) -> String? {
        guard let value = fields[key], !value.isNull else { return nil }
        guard let text = value.stringValue, bytes.contains(text.utf8.count) else {
            refuse(key, "a string of \(bytes.lowerBound) to \(bytes.upperBound) bytes")
            return nil
        }
        guard !text.utf8.contains(where: { $0 < 0x20 && $0 != 0x09 && $0 != 0x0A && $0 != 0x0D })
        else {
            refuse(key, "a string without control characters")
            return nil
        }
        return text
    }

    public func requiredString(_ key: String, bytes: ClosedRange<Int> = 1...256) -> String {
        require(key, string(key, bytes: bytes), or: "")
    }

    public func boolean(_ key: String) -> Bool? {
        guard let value = fields[key], !value.isNull else { return nil }
        guard let flag = value.boolValue else {
            refuse(key, "true or false")
            return nil
        }
        return flag
    }

    public func requiredBoolean(_ key: String) -> Bool { require(key, boolean(key), or: false) }

    public func integer(_ key: String, in range: ClosedRange<Int64>) -> Int64? {
        guard let value = fields[key], !value.isNull else { return nil }
        guard let number = value.integerValue, range.contains(number) else {
            refuse(key, "an integer from \(range.lowerBound) to \(range.upperBound)")
            return nil
        }
        return number
    }

    public func object(_ key: String) -> JSONObject? {
        guard let value = fields[key], !value.isNull else { return nil }
        guard let object = value.objectValue else {
            refuse(key, "an object")
            return nil
        }
        return object
    }

    public func timestamp(_ key: String) -> Timestamp? {
        guard let value = fields[key], !value.isNull else { return nil }
        guard let time = value.stringValue.flatMap({ Timestamp(parsing: $0) }) else {
            refuse(key, "a time such as 2026-11-20T08:30:00.000Z")
            return nil
        }
        return time
    }

    public func identifier<Kind>(_ key: String) -> Identifier<Kind>? {
        guard let value = fields[key], !value.isNull else { return nil }
        guard let text = value.stringValue else {
            refuse(key, "a string")
            return nil
        }
        do {
            return try Identifier(parsing: text)
        } catch {
            refuse(key, "\(error)")
            return nil
        }
    }

    /// One of a fixed set of words.
    public func choice<Word: RawRepresentable & CaseIterable>(_ key: String) -> Word?
    where Word.RawValue == String {
        guard let value = fields[key], !value.isNull else { return nil }
        guard let word = value.stringValue.flatMap({ Word(rawValue: $0) }) else {
            refuse(key, "one of \(Word.allCases.map(\.rawValue).joined(separator: ", "))")
            return nil
        }
        return word
    }

    /// For partial updates: an absent field keeps, a null clears, anything else is read.
    public func change<Value: Sendable>(
        _ key: String, _ read: (FieldReader) -> Value?
    ) -> Change<Value> {
        guard let value = fields[key] else { return .keep }
        if value.isNull { return .clear }
        return read(self).map { .set($0) } ?? .keep
    }

    /// Refuses an absent field with "required" unless something else was wrong with it already.
    public func require<Value>(_ key: String, _ value: Value?, or neutral: Value) -> Value {
        if let value { return value }
        if fields[key] == nil || fields[key]?.isNull == true { refuse(key, "required") }
        return neutral
    }
}
