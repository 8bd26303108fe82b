import FoundationEssentials
import GRDB
import Protocol
import Realtime

/// Reads the columns of one row from left to right into typed values.
///
/// A value that this program would not have written is ``StoreError/damaged(column:of:)``, never a
/// crash: the file may have been touched by others.
struct RowReader {
    private let row: Row
    private let source: String
    private var column = 0
    /// Of the values that were read so far.
    private(set) var readBytes = 0

    init(_ row: Row, of source: String) {
        self.row = row
        self.source = source
    }

    mutating func integer() throws(StoreError) -> Int64 {
        guard let value = try optionalInteger() else { throw damaged() }
        return value
    }

    mutating func optionalInteger() throws(StoreError) -> Int64? {
        switch next().storage {
        case .null: return nil
        case .int64(let value): return value
        default: throw damaged()
        }
    }

    mutating func flag() throws(StoreError) -> Bool { try integer() != 0 }

    mutating func text() throws(StoreError) -> String {
        guard let value = try optionalText() else { throw damaged() }
        return value
    }

    mutating func optionalText() throws(StoreError) -> String? {
        switch next().storage {
        case .null: return nil
        case .string(let value): return value
        default: throw damaged()
        }
    }

    mutating func bytes() throws(StoreError) -> [UInt8] {
        guard case .blob(let data) = next().storage else { throw damaged() }
        return [UInt8](data)
    }

    mutating func time() throws(StoreError) -> Timestamp {
        Timestamp(milliseconds: try integer())
    }

    mutating func optionalTime() throws(StoreError) -> Timestamp? {
        try optionalInteger().map { Timestamp(milliseconds: $0) }
    }

    mutating func identifier<Kind>() throws(StoreError) -> Identifier<Kind> {
        guard let value: Identifier<Kind> = try optionalIdentifier() else { throw damaged() }
        return value
    }

    mutating func optionalIdentifier<Kind>() throws(StoreError) -> Identifier<Kind>? {
        guard let text = try optionalText() else { return nil }
        do { return try Identifier(parsing: text) } catch { throw damaged() }
    }

    mutating func optionalChannel() throws(StoreError) -> ChannelIdentity? {
        guard let text = try optionalText() else { return nil }
        guard let channel = ChannelIdentity(parsing: text) else { throw damaged() }
        return channel
    }

    mutating func word<Word: RawRepresentable>() throws(StoreError) -> Word
    where Word.RawValue == String {
        guard let word: Word = try optionalWord() else { throw damaged() }
        return word
    }

    mutating func optionalWord<Word: RawRepresentable>() throws(StoreError) -> Word?
    where Word.RawValue == String {
        guard let text = try optionalText() else { return nil }
        guard let word = Word(rawValue: text) else { throw damaged() }
        return word
    }

    /// Words separated by spaces.
    mutating func scopes() throws(StoreError) -> Set<Scope> {
        var scopes: Set<Scope> = []
        for word in try text().split(separator: " ") {
            guard let scope = Scope(rawValue: String(word)) else { throw damaged() }
            scopes.insert(scope)
        }
        return scopes
    }

    private mutating func next() -> DatabaseValue {
        let value: DatabaseValue = row[column]
        column += 1
        switch value.storage {
        case .null: break
        case .int64, .double: readBytes += 8
        case .string(let text): readBytes += text.utf8.count
        case .blob(let data): readBytes += data.count
        }
        return value
    }

    /// About the column that was read last.
    func damaged() -> StoreError { .damaged(column: column - 1, of: source) }
}

extension Set<Scope> {
    /// The form of ``RowReader/scopes()``.
    var stored: String { map(\.rawValue).sorted().joined(separator: " ") }
}
