/// Which arguments of one program are known to do no harm; pure data and its reading.
///
/// Options are compared by their whole names, never by an abbreviation that a program may take. What
/// isn't named is not known, and a list with it is not accepted.
package struct ArgumentGrammar: Sendable, Equatable {
    /// What may stand for an option's value.
    package enum Value: Sendable, Equatable {
        case text
        /// `5`, `+5`, `-5`, `10K`.
        case number
        case oneOf([String])
    }

    package enum LongOption: Sendable, Equatable {
        case flag
        /// `--name=value` or `--name value`.
        case needs(Value)
        /// `--name` or `--name=value`.
        case mayHave(Value)
    }

    /// What stands between and behind options.
    package enum Operands: Sendable, Equatable {
        case none
        case texts
        /// Of files: relative, and not out of the folder.
        case paths
        /// A pattern, unless an option gave one, then files.
        case patternThenPaths(givenBy: Set<String>)
        /// Nothing is an option.
        case everything
    }

    /// Letters without a value, alone or joined: `-la`.
    package var flags: Set<Character> = []
    /// Letters with a value, in the same word or the next.
    package var needing: [Character: Value] = [:]
    /// Letters whose value, if any, is in the same word.
    package var joining: [Character: Value] = [:]
    package var long: [String: LongOption] = [:]
    /// `-5`.
    package var takesNumber = false
    package var operands: Operands = .paths

    /// Whether all of these are known to do no harm.
    package func accepts(_ arguments: ArraySlice<String>) -> Bool {
        if operands == .everything { return true }
        var reading = Reading(rest: arguments)
        while let argument = reading.rest.popFirst() {
            // By bytes, as programs read: a letter of one's own may begin with a dash and an accent.
            let isOption = argument.utf8.first == UInt8(ascii: "-") && argument != "-"
            let isAccepted =
                if !reading.optionsEnded, argument == "--" {
                    reading.endOptions()
                } else if reading.optionsEnded || !isOption {
                    acceptsOperand(argument, &reading)
                } else if !argument.utf8.allSatisfy({ $0 < 0x80 }) {
                    false
                } else if argument.hasPrefix("--") {
                    acceptsLong(argument.dropFirst(2), &reading)
                } else {
                    acceptsLetters(argument.dropFirst(), &reading)
                }
            guard isAccepted else { return false }
        }
        return true
    }

    /// How far a list has been read.
    private struct Reading {
        var rest: ArraySlice<String>
        var optionsEnded = false
        var hasPattern = false

        mutating func endOptions() -> Bool {
            optionsEnded = true
            return true
        }
    }

    private func acceptsOperand(_ operand: String, _ reading: inout Reading) -> Bool {
        switch operands {
        case .none: return false
        case .texts, .everything: return true
        case .paths: return Self.staysInside(operand)
        case .patternThenPaths:
            defer { reading.hasPattern = true }
            return !reading.hasPattern || Self.staysInside(operand)
        }
    }

    private func acceptsLong(_ text: Substring, _ reading: inout Reading) -> Bool {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let value = parts.count > 1 ? String(parts[1]) : nil
        let name = String(parts[0])
        note(name, &reading)
        switch long[name] {
        case nil: return false
        case .flag?: return value == nil
        case .needs(let kind)?: return kind.accepts(value ?? reading.rest.popFirst())
        case .mayHave(let kind)?: return value.map { kind.accepts($0) } ?? true
        }
    }

    private func acceptsLetters(_ letters: Substring, _ reading: inout Reading) -> Bool {
        if takesNumber, letters.allSatisfy(\.isDigit) { return true }
        var letters = letters
        while let letter = letters.popFirst() {
            if flags.contains(letter) { continue }
            note(String(letter), &reading)
            if let kind = needing[letter] {
                return kind.accepts(letters.isEmpty ? reading.rest.popFirst() : String(letters))
            }
            guard let kind = joining[letter] else { return false }
            return letters.isEmpty || kind.accepts(String(letters))
        }
        return true
    }

    private func note(_ option: String, _ reading: inout Reading) {
        if case .patternThenPaths(let givers) = operands, givers.contains(option) {
            reading.hasPattern = true
        }
    }

    private static func staysInside(_ path: String) -> Bool {
        let slash = UInt8(ascii: "/")
        return path.utf8.first != slash
            && !path.utf8.split(separator: slash).contains { $0.elementsEqual("..".utf8) }
    }
}

extension ArgumentGrammar.Value {
    fileprivate func accepts(_ value: String?) -> Bool {
        guard let value else { return false }
        switch self {
        case .text: return true
        case .oneOf(let words): return words.contains(value)
        case .number:
            let unsigned = value.first == "+" || value.first == "-" ? value.dropFirst() : value[...]
            let unit = unsigned.drop(while: \.isDigit)
            return unsigned.first?.isDigit == true
                && (unit.isEmpty || ["b", "k", "K", "kB", "KB", "M", "MB", "G"].contains(unit))
        }
    }
}

extension Character {
    fileprivate var isDigit: Bool { ("0"..."9").contains(self) && utf8.count == 1 }
}
