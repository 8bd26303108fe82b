import JSON
import Protocol
import Realtime

/// The REST route of an operation, as far as the command line asks for it from afar.
package struct Route {
    package let method: String
    package let path: String
    /// What of the parameters is neither in the path nor ours.
    let rest: JSONObject

    /// Nil for what only works on the hub's own machine.
    package init?(_ operation: Operation, _ parameters: JSONObject) {
        guard let (method, template) = Self.templates[operation] else { return nil }
        var rest = parameters
        rest["teamId"] = nil
        var segments: [String] = []
        for segment in template.split(separator: "/") {
            guard segment.hasPrefix("{") else {
                segments.append(String(segment))
                continue
            }
            let name = String(segment.dropFirst().dropLast())
            segments.append(Self.encoded(rest[name]?.stringValue ?? ""))
            rest[name] = nil
        }
        self.method = method
        path = "/" + segments.joined(separator: "/")
        self.rest = rest
    }

    /// Path with query for GET and DELETE, path alone for what carries a body.
    package var target: String {
        guard body == nil, !rest.isEmpty else { return path }
        let pairs = rest.map { key, value in
            let text = value.stringValue ?? String(decoding: value.encoded(), as: UTF8.self)
            return "\(key)=\(Self.encoded(text))"
        }
        return "\(path)?\(pairs.joined(separator: "&"))"
    }

    package var body: [UInt8]? {
        ["GET", "DELETE"].contains(method) ? nil : JSONValue.object(rest).encoded()
    }

    private static let templates: [Operation: (String, String)] = [
        .whoAmI: ("GET", "/api/auth/me"),
        .listKeys: ("GET", "/api/keys"),
        .createKey: ("POST", "/api/keys"),
        .deleteKey: ("DELETE", "/api/keys/{id}"),
        .listUsers: ("GET", "/api/users"),
        .createUser: ("POST", "/api/users"),
        .deleteUser: ("DELETE", "/api/users/{id}"),
        .listSessions: ("GET", "/api/sessions"),
        .createSession: ("POST", "/api/sessions"),
        .getSession: ("GET", "/api/sessions/{id}"),
        .updateSession: ("PATCH", "/api/sessions/{id}"),
        .deleteSession: ("DELETE", "/api/sessions/{id}"),
        .abortSession: ("POST", "/api/sessions/{id}/abort"),
        .listMessages: ("GET", "/api/sessions/{id}/messages"),
        .createMessage: ("POST", "/api/sessions/{id}/messages"),
        .deleteMessage: ("DELETE", "/api/sessions/{id}/messages/{messageId}"),
        .listSessionPermissions: ("GET", "/api/sessions/{id}/permissions"),
        .answerPermission: ("POST", "/api/sessions/{id}/permissions/{requestId}"),
        .getConfig: ("GET", "/api/config"),
    ]

    /// Percent-encoding of everything but RFC 3986's unreserved characters.
    static func encoded(_ text: String) -> String {
        var result = ""
        for byte in text.utf8 {
            if NameCharacters.admit(byte) || byte == UInt8(ascii: "~") {
                result.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                let digits = String(byte, radix: 16, uppercase: true)
                result += byte < 16 ? "%0\(digits)" : "%\(digits)"
            }
        }
        return result
    }
}
