import JSON

/// Why a call cannot be run as the model wrote it, in words that let the model mend it.
public struct ToolInputError: Error, Sendable, Equatable, CustomStringConvertible {
    public let toolName: String
    /// Each names a field and what it takes.
    public let problems: [String]

    public var description: String {
        "\(toolName) was not run, because its input is wrong: \(problems.joined(separator: "; ")). "
            + "Mend the input and call the tool again."
    }
}

/// Reads the fields of a call's input and collects every problem, so that a model can mend all of
/// them at once.
///
/// A reader that met a problem returns a neutral value, which must not be used before ``check()``.
final class InputReader {
    private let fields: JSONObject
    private let path: String
    private var problems: [String] = []

    /// - Parameters:
    ///   - known: every field that the tool has; others are refused, because a model that thinks
    ///     that a field does something would be misled.
    ///   - path: where the object stands in the input, empty for the input itself.
    init(_ fields: JSONObject, known: [String], path: String = "") {
        self.fields = fields
        self.path = path
        for key in fields.keys where !known.contains(key) {
            refuse(key, "is not known; the fields are \(known.joined(separator: ", "))")
        }
    }

    /// As many as a model mends at once: an input may have a hundred thousand fields.
    private static let maximumProblems = 20
    /// Of a field's name, which is the model's own.
    private static let maximumKeyLength = 100

    /// Adds a problem; of very many, the first.
    func refuse(_ key: String, _ problem: String) {
        guard problems.count < Self.maximumProblems else { return }
        problems.append("\(path)\(key.prefix(Self.maximumKeyLength)) \(problem)")
    }

    /// Takes over what a reader of a part found.
    func takeProblems(of part: InputReader) { problems += part.problems }

    func check(_ toolName: String) throws(ToolInputError) {
        if !problems.isEmpty { throw ToolInputError(toolName: toolName, problems: problems) }
    }

    /// A text of at most `maximumBytes` without NUL.
    func text(_ key: String, maximumBytes: Int, allowsEmpty: Bool = false) -> String? {
        guard let value = present(key) else { return nil }
        guard let text = value.stringValue else {
            refuse(key, "must be a string")
            return nil
        }
        if text.isEmpty && !allowsEmpty {
            refuse(key, "must not be empty")
        } else if text.utf8.count > maximumBytes {
            refuse(key, "must be at most \(maximumBytes) bytes, and is \(text.utf8.count)")
        } else if text.utf8.contains(0) {
            refuse(key, "must not hold a NUL character")
        } else {
            return text
        }
        return nil
    }

    func requiredText(_ key: String, maximumBytes: Int, allowsEmpty: Bool = false) -> String {
        require(key)
        return text(key, maximumBytes: maximumBytes, allowsEmpty: allowsEmpty) ?? ""
    }

    /// A whole number; `2.0` is one, and so are `"2"` and `"2.0"`.
    func integer(_ key: String, in range: ClosedRange<Int>) -> Int? {
        guard let value = present(key) else { return nil }
        let number =
            value.integerValue.flatMap { Int(exactly: $0) }
            ?? value.doubleValue.flatMap { Int(exactly: $0) }
            ?? value.stringValue.flatMap { Self.wholeNumber($0) }
        guard let number, range.contains(number) else {
            refuse(key, "must be a whole number from \(range.lowerBound) to \(range.upperBound)")
            return nil
        }
        return number
    }

    /// A number that a model put in quotes, if it can mean nothing else: decimal digits, no sign
    /// but a minus, no leading zero, perhaps a fraction of zeros.
    private static func wholeNumber(_ text: String) -> Int? {
        let parts = Array(text.utf8).split(
            separator: UInt8(ascii: "."), maxSplits: 1, omittingEmptySubsequences: false)
        let digits = parts[0].first == UInt8(ascii: "-") ? parts[0].dropFirst() : parts[0]
        guard let first = digits.first, first != UInt8(ascii: "0") || digits.count == 1,
            digits.allSatisfy({ (0x30...0x39).contains($0) }),
            parts.count == 1 || !parts[1].isEmpty && parts[1].allSatisfy({ $0 == 0x30 })
        else { return nil }
        return Int(String(decoding: parts[0], as: UTF8.self))
    }

    /// True or false; also in quotes, as `true`, `false`, `True` or `False`.
    func flag(_ key: String) -> Bool {
        guard let value = present(key) else { return false }
        switch (value.boolValue, value.stringValue) {
        case (let flag?, _): return flag
        case (_, "true"), (_, "True"): return true
        case (_, "false"), (_, "False"): return false
        default:
            refuse(key, "must be true or false")
            return false
        }
    }

    /// One of a fixed set of words.
    func word<Word: RawRepresentable & CaseIterable>(_ key: String) -> Word?
    where Word.RawValue == String {
        guard let value = present(key) else { return nil }
        guard let word = value.stringValue.flatMap({ Word(rawValue: $0) }) else {
            let words = Word.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
            refuse(key, "must be one of \(words)")
            return nil
        }
        return word
    }

    /// A list of objects, each read by `read`.
    func list<Element>(
        _ key: String, of known: [String], count: ClosedRange<Int>,
        _ read: (InputReader) -> Element
    ) -> [Element] {
        require(key)
        guard let value = present(key) else { return [] }
        guard let items = value.arrayValue, count.contains(items.count) else {
            refuse(key, "must be an array of \(count.lowerBound) to \(count.upperBound) objects")
            return []
        }
        return items.enumerated().compactMap { index, item in
            guard let object = item.objectValue else {
                refuse("\(key)[\(index)]", "must be an object")
                return nil
            }
            let part = InputReader(object, known: known, path: "\(path)\(key)[\(index)].")
            defer { takeProblems(of: part) }
            return read(part)
        }
    }

    func has(_ key: String) -> Bool { present(key) != nil }

    func require(_ key: String) {
        if present(key) == nil { refuse(key, "is required") }
    }

    private func present(_ key: String) -> JSONValue? {
        fields[key].flatMap { $0.isNull ? nil : $0 }
    }
}
