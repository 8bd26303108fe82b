import Crypto
import JSON

/// One use of a tool, as the model asked for it.
public struct ToolCall: Sendable, Equatable {
    /// The model's id of this use, which its result has to name.
    public let id: String
    /// As the model wrote it: may be no tool of ours.
    public let name: String
    /// As the model wrote it: not yet checked.
    public let input: JSONObject

    public init(id: String, name: String, input: JSONObject) {
        self.id = id
        self.name = name
        self.input = input
    }

    /// What an approval is bound to: the tool and its exact input, bytes and order included.
    public var digest: Digest {
        Digest(of: Array(name.utf8) + [0] + JSONValue.object(input).encoded())
    }
}

/// What came of a call: the tool's result for the model and for people.
public struct ToolOutcome: Sendable, Equatable {
    /// At most ``ToolLimits/maximumResultBytes``, valid text without control characters.
    public let text: String
    /// Whether the tool failed, was refused, or was stopped.
    public let isError: Bool
    /// Where more of the output is kept than `text` holds, readable by Read and in the sandbox.
    public let fullOutputPath: String?
    /// The limit of ``ToolLimits`` that ended it, such as `tools.maximumMemoryBytes`, to be counted.
    public let limit: String?

    public init(
        text: String, isError: Bool = false, fullOutputPath: String? = nil, limit: String? = nil
    ) {
        self.text = text
        self.isError = isError
        self.fullOutputPath = fullOutputPath
        self.limit = limit
    }

    static func failure(_ reason: some CustomStringConvertible) -> ToolOutcome {
        ToolOutcome(text: reason.description, isError: true)
    }
}
