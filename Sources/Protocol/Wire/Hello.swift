import JSON
import Realtime
import System

/// What a peer says first on an IPC connection; anything else first closes it.
///
/// Example: `{"type":"hello","version":2,"role":"ws","name":"ws-1","pid":4711,
/// "release":"0.9.0"}`.
public struct Hello: Sendable, Equatable {
    /// 2: channels go by ``ChannelIdentity``.
    public static let currentVersion: Int64 = 2
    /// 4 KiB: a hello has some hundred bytes, and strangers are held to it.
    public static let maximumBytes = 4 * 1024

    /// What kind of process it is, which decides what it may ask.
    public enum Role: String, Sendable, CaseIterable {
        case webSocketWorker = "ws"
        case fastCGIWorker = "fcgi"
        case agentWorker = "agent"
        case cli
    }

    public let role: Role
    /// Unit, socket and log label alike, such as `ws-1`.
    public let name: String
    public let processID: Int32
    /// The version of the program, up to 64 characters; nil where it does not say.
    public let release: String?

    public init(
        role: Role, name: String, processID: Int32, release: String? = Version.current
    ) {
        self.role = role
        self.name = name
        self.processID = processID
        self.release = release
    }

    public var envelope: Envelope {
        var header: JSONObject = [
            "type": "hello", "version": .integer(Self.currentVersion),
            "role": .string(role.rawValue), "name": .string(name),
            "pid": .integer(Int64(processID)),
        ]
        if let release { header["release"] = .string(release) }
        return Envelope(header: header)
    }

    public init(_ envelope: Envelope) throws(WireError) {
        let reader = HeaderReader(envelope.header)
        guard try reader.string("type") == "hello" else { throw .badField("type") }
        let version = try reader.integer("version")
        guard version == Self.currentVersion else { throw .wrongVersion(version) }
        role = try reader.word("role")
        name = try reader.string("name")
        guard (1...64).contains(name.utf8.count),
            name.utf8.allSatisfy(NameCharacters.admit)
        else { throw .badField("name") }
        guard let pid = Int32(exactly: try reader.integer("pid")) else { throw .badField("pid") }
        processID = pid
        release = try reader.optionalString("release")
        guard release.map({ (1...64).contains($0.utf8.count) }) ?? true,
            release?.utf8.allSatisfy(NameCharacters.admit) ?? true
        else { throw .badField("release") }
    }
}
