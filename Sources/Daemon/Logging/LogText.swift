/// Makes any text safe to show on a terminal and in one line of a log.
public enum LogText {
    /// Visible characters as they are, everything else as `\u{…}`, `\n`, `\"` and `\\`; cut with
    /// an ellipsis at `maximumBytes` of the original, at a character's border.
    ///
    /// What a peer sent can so neither end a line nor move a terminal's cursor nor hide text.
    /// Quotes stay as they are where the text is not put between quotes.
    public static func escaped(
        _ text: String, maximumBytes: Int, isQuoted: Bool = true
    ) -> String {
        var result = ""
        var used = 0
        var previous: Unicode.Scalar?
        for scalar in text.unicodeScalars {
            defer { previous = scalar }
            used += UTF8.width(scalar)
            guard used <= maximumBytes else {
                result += "…(\(text.utf8.count) bytes)"
                break
            }
            append(scalar, after: previous, isQuoted: isQuoted, to: &result)
        }
        return result
    }

    /// Only what could move a terminal's cursor or hide text is escaped: for lines that a program
    /// has written to be read, backslashes and all.
    public static func printable(_ line: String) -> String {
        guard !line.unicodeScalars.allSatisfy({ isVisible($0, after: nil) }) else { return line }
        var result = ""
        var previous: Unicode.Scalar?
        for scalar in line.unicodeScalars {
            if isVisible(scalar, after: previous) || scalar == "\t" {
                result.unicodeScalars.append(scalar)
            } else {
                append(scalar, after: previous, isQuoted: false, to: &result)
            }
            previous = scalar
        }
        return result
    }

    /// The same for bytes of a peer that may not be UTF-8: wrong ones become U+FFFD.
    public static func escaped(bytes: some Collection<UInt8>, maximumBytes: Int) -> String {
        let shown = String(decoding: bytes.prefix(maximumBytes), as: UTF8.self)
        let text = escaped(shown, maximumBytes: shown.utf8.count)
        return bytes.count > maximumBytes ? "\(text)…(\(bytes.count) bytes)" : text
    }

    private static func append(
        _ scalar: Unicode.Scalar, after previous: Unicode.Scalar?, isQuoted: Bool,
        to result: inout String
    ) {
        switch scalar {
        case "\\": result += "\\\\"
        case "\"" where isQuoted: result += "\\\""
        case "\n": result += "\\n"
        case "\r": result += "\\r"
        case "\t": result += "\\t"
        default:
            if isVisible(scalar, after: previous) {
                result.unicodeScalars.append(scalar)
            } else {
                result += "\\u{\(String(scalar.value, radix: 16))}"
            }
        }
    }

    /// Besides what has no form by its category, letters and marks that are never drawn (Unicode's
    /// `Default_Ignorable_Code_Point`); but for the sign that has an emoji drawn as one.
    private static func isVisible(
        _ scalar: Unicode.Scalar, after previous: Unicode.Scalar?
    ) -> Bool {
        if scalar.isASCII { return (0x20...0x7e).contains(scalar.value) }
        if scalar.properties.isDefaultIgnorableCodePoint {
            return (scalar == "\u{fe0e}" || scalar == "\u{fe0f}")
                && previous?.properties.isEmoji == true
        }
        return switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate,
            .unassigned:
            false
        default: true
        }
    }
}
