import Foundation
import GRDB

/// A name or a part of one in the form in which they are compared: without differences of case, in
/// every script, and of encoding.
///
/// Unicode's compatibility caseless matching (The Unicode Standard §3.13, D146) with the default
/// folding, in composed form: `ß` is `ss`, `Σ` and `ς` are `σ`, full-width letters are their usual
/// ones, NFC and NFD are one. Not by language: a Turkish dotless `ı` stays apart from `i`, and `İ`
/// is `i` with a dot above. Accents count.
struct SearchText {
    let text: String

    init(_ name: String) {
        let folded = Self.caseFolded(name.decomposedStringWithCanonicalMapping)
        text =
            Self.caseFolded(folded.decomposedStringWithCompatibilityMapping)
            .precomposedStringWithCompatibilityMapping
    }

    /// Unicode's `toCasefold`, from the mappings that Swift has.
    ///
    /// Lower, upper and lower case again bring together what folding does. Dotless `ı` alone is another's upper case without being folded.
    private static func caseFolded(_ text: String) -> String {
        var folded = ""
        for scalar in text.unicodeScalars {
            guard scalar != "\u{131}" else {
                folded.unicodeScalars.append(scalar)
                continue
            }
            folded += scalar.properties.lowercaseMapping.mapped(\.uppercaseMapping)
                .mapped(\.lowercaseMapping)
        }
        return folded
    }

    /// For migrations: the form of a name that a row already has.
    static let function = DatabaseFunction("search_text", argumentCount: 1, pure: true) {
        values in
        String.fromDatabaseValue(values[0]).map { SearchText($0).text }
    }
}

extension String {
    /// Without regard to what stands beside a letter, as folding is.
    fileprivate func mapped(_ mapping: (Unicode.Scalar.Properties) -> String) -> String {
        unicodeScalars.reduce(into: "") { $0 += mapping($1.properties) }
    }
}
