/// The name of one measurement: fixed, documented, the same in code and on `/metrics`.
public struct Metric: Sendable, Hashable {
    public enum Kind: String, Sendable {
        /// Only grows while the process lives.
        case counter
        /// Goes up and down.
        case gauge
    }

    public let name: String
    public let kind: Kind
    public let help: String
    /// The one label besides `process`, with values from a fixed set; nil for none.
    public let labelName: String?

    static func counter(_ name: String, by labelName: String? = nil, _ help: String) -> Metric {
        precondition(name.hasSuffix("_total"), "a counter's name ends in _total")
        return Metric(name: prefix + name, kind: .counter, help: help, labelName: labelName)
    }

    static func gauge(_ name: String, by labelName: String? = nil, _ help: String) -> Metric {
        Metric(name: prefix + name, kind: .gauge, help: help, labelName: labelName)
    }

    private static let prefix = "switchboard_"
}
