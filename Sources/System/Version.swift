/// The version of the product: here and nowhere else.
///
/// `--version`, the hellos between processes, `/metrics`, the console and the package follow from it.
/// Processes of two versions work together for as long as an upgrade takes.
public enum Version {
    /// Such as `0.9.0`.
    public static let current = String("\(mark)".split(separator: " ").last ?? "")

    /// As one text in every executable: the Makefile reads this line, and a test makes a program of an
    /// earlier version by writing other digits into a copy.
    private static let mark: StaticString = "Switchboard's version is 0.9.0"

    /// What `--version` prints.
    public static func line(of program: String) -> String { "\(program) \(current)" }
}
