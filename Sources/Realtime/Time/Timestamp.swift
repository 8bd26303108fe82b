/// A moment of wall-clock time in milliseconds since 1970-01-01T00:00:00Z.
///
/// What people see and what must survive a restart; everything else is timed by a monotonic
/// `Duration`. Both are handed in: nothing here reads a clock.
public struct Timestamp: Sendable, Hashable, Comparable {
    /// Milliseconds since the Unix epoch, leap seconds not counted.
    public var milliseconds: Int64

    /// Any value; ``description`` needs a year from 0 to 9999.
    public init(milliseconds: Int64) {
        self.milliseconds = milliseconds
    }

    /// Earlier is smaller.
    public static func < (left: Self, right: Self) -> Bool {
        left.milliseconds < right.milliseconds
    }

    /// Later by whole milliseconds; what would overflow ends at the end of time.
    public static func + (moment: Self, duration: Duration) -> Self {
        let (sum, overflow) = moment.milliseconds.addingReportingOverflow(
            duration.wholeMilliseconds)
        return Self(milliseconds: overflow ? (sum < 0 ? .max : .min) : sum)
    }

    /// The time from `earlier` to `later`; negative when they are swapped.
    public static func - (later: Self, earlier: Self) -> Duration {
        .milliseconds(later.milliseconds) - .milliseconds(earlier.milliseconds)
    }
}

extension Duration {
    /// Rounded toward zero; what does not fit ends at the limits of `Int64`.
    public var wholeMilliseconds: Int64 {
        let (seconds, attoseconds) = components
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000)
        guard !overflow else { return seconds < 0 ? .min : .max }
        let (sum, carried) = whole.addingReportingOverflow(attoseconds / 1_000_000_000_000_000)
        return carried ? (seconds < 0 ? .min : .max) : sum
    }
}

extension Timestamp: CustomStringConvertible {
    /// ISO 8601 as in every envelope: `2026-11-20T22:58:10.123Z`.
    public var description: String {
        let days = milliseconds.flooredQuotient(by: 86_400_000)
        let inDay = milliseconds - days * 86_400_000
        let date = CivilDate(daysSinceEpoch: days)
        let clock = [inDay / 3_600_000, inDay / 60_000 % 60, inDay / 1_000 % 60]
            .map { Self.padded($0, to: 2) }.joined(separator: ":")
        let day =
            [Self.padded(date.year, to: 4), Self.padded(date.month, to: 2)]
            + [Self.padded(date.day, to: 2)]
        return "\(day.joined(separator: "-"))T\(clock).\(Self.padded(inDay % 1_000, to: 3))Z"
    }

    /// Reads RFC 3339 in UTC or with an offset, with or without a fraction; nil when it is none.
    ///
    /// A fraction is cut to milliseconds. Takes what JavaScript's `toISOString`, Python's
    /// `isoformat` and `date -Iseconds` write.
    public init?(parsing text: String) {
        var reader = DigitReader(text)
        guard let year = reader.number(4), reader.skip("-"), let month = reader.number(2),
            reader.skip("-"), let day = reader.number(2), reader.skip("T") || reader.skip("t"),
            let hour = reader.number(2), reader.skip(":"), let minute = reader.number(2),
            reader.skip(":"), let second = reader.number(2), let fraction = reader.fraction(),
            let offset = reader.zone(), reader.isAtEnd,
            let date = CivilDate(year: year, month: month, day: day),
            hour < 24, minute < 60, second < 60
        else { return nil }
        let seconds = date.daysSinceEpoch * 86_400 + hour * 3_600 + minute * 60 + second - offset
        self.init(milliseconds: seconds * 1_000 + fraction)
    }

    private static func padded(_ number: Int64, to width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }
}

/// Reads the fields of a fixed text format from left to right.
private struct DigitReader {
    private var rest: Substring.UTF8View

    init(_ text: String) { rest = text[...].utf8 }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard let first = rest.first, first == UInt8(ascii: character) else { return false }
        rest.removeFirst()
        return true
    }

    mutating func digit() -> Int64? {
        guard let first = rest.first, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else {
            return nil
        }
        rest.removeFirst()
        return Int64(first - UInt8(ascii: "0"))
    }

    mutating func number(_ width: Int) -> Int64? {
        var value: Int64 = 0
        for _ in 0..<width {
            guard let digit = digit() else { return nil }
            value = value * 10 + digit
        }
        return value
    }

    /// Milliseconds; 0 without a fraction, nil for a point without digits.
    mutating func fraction() -> Int64? {
        guard skip(".") else { return 0 }
        guard var value = digit() else { return nil }
        var width = 1
        while let digit = digit() {
            if width < 3 { value = value * 10 + digit; width += 1 }
        }
        return value * [100, 10, 1][width - 1]
    }

    /// Seconds east of Greenwich.
    mutating func zone() -> Int64? {
        if skip("Z") || skip("z") { return 0 }
        let sign: Int64
        if skip("+") { sign = 1 } else if skip("-") { sign = -1 } else { return nil }
        guard let hours = number(2), skip(":"), let minutes = number(2), hours < 24, minutes < 60
        else { return nil }
        return sign * (hours * 3_600 + minutes * 60)
    }
}
