import ArgumentParser
import Daemon
import HTTPClient
import JSON

/// What there is to look at: one installation, on this machine, elsewhere, or both.
struct Deployment {
    /// Nil where only the way through nginx is looked at.
    var paths: Paths?
    /// With `fullchain.pem`.
    var tls: String?
    /// `https://HOST[:PORT]`; nil where it is not known.
    var origin: String?
    var trust = HTTPTrust()
    var key: String?

    init(_ options: HubOptions) throws {
        guard options.socket == nil else {
            throw ValidationError("doctor looks at directories, too: --state, not --socket")
        }
        let environment = ProcessEnvironment.variables()
        key = try options.givenKey()
        if let url = options.url {
            origin = url.hasSuffix("/") ? String(url.dropLast()) : url
            trust = HTTPTrust(caFile: options.caFile)
            return
        }
        let paths = try options.paths()
        self.paths = paths
        if paths == (try Paths()) {
            tls = "\(paths.configDirectory)/tls"
            let prefix = Self.prefix(inSnippets: "\(Self.installedFiles)/nginx/switchboard-")
            origin = Self.installedOrigin().map { $0 + prefix }
        } else {
            let root = FileSystem.directory(of: paths.configDirectory)
            let layout = try DevLayout(state: root, environment: environment)
            tls = layout.tls
            origin = Self.port(inSite: "\(layout.nginx)/site.conf").map {
                "https://localhost:\($0)"
                    + Self.prefix(inSnippets: "\(layout.nginx)/snippets/switchboard-")
            }
            trust = HTTPTrust(caFile: layout.caFile, ignoresProxies: true)
            key = key ?? Self.key(inFirstLogin: layout.firstLogin)
        }
    }

    /// `PREFIX/share/switchboard`, beside the folder of this program.
    private static var installedFiles: String {
        let programs = FileSystem.directory(of: FileSystem.ownExecutable())
        return "\(FileSystem.directory(of: programs))/share/switchboard"
    }

    /// The name in the enabled site, where an administrator has put one.
    private static func installedOrigin() -> String? {
        let site = lines(of: "/etc/nginx/sites-enabled/switchboard")
        let names = site.compactMap { line -> Substring? in
            let words = line.split(whereSeparator: { $0 == " " || $0 == ";" })
            return words.first == "server_name" && words.count > 1 ? words[1] : nil
        }
        return names.last { $0 != "_" && $0 != unedited }.map { "https://\($0)" }
    }

    /// As the shipped site has it.
    private static let unedited: Substring = "switchboard.example.com"

    /// From a line such as `listen 127.0.0.1:8443 ssl http2;`.
    private static func port(inSite path: String) -> Int? {
        for line in lines(of: path) {
            let words = line.split(separator: " ")
            guard words.first == "listen", words.contains("ssl"), words.count > 1 else { continue }
            return words[1].split(separator: ":").last.flatMap { Int($0) }
        }
        return nil
    }

    /// From the line `fastcgi_param SWITCHBOARD_PREFIX "/agents";`.
    private static func prefix(inSnippets start: String) -> String {
        let line = lines(of: "\(start)fastcgi.conf").first {
            $0.hasPrefix("fastcgi_param SWITCHBOARD_PREFIX ")
        }
        return line?.split(separator: "\"", omittingEmptySubsequences: false).dropFirst().first
            .map(String.init) ?? ""
    }

    private static func key(inFirstLogin path: String) -> String? {
        // Without the file the handshake is tried without a key.
        guard let bytes = (try? SmallFile.read(path, maximumBytes: 65_536)) ?? nil else {
            return nil
        }
        return (try? JSONValue(parsing: bytes))?["apiKey"]?.stringValue
    }

    private static func lines(of path: String) -> [String] {
        // A file that cannot be read tells nothing: the address stays unknown, which is reported.
        let bytes = (try? SmallFile.read(path, maximumBytes: 1_048_576)) ?? nil
        return String(decoding: bytes ?? [], as: UTF8.self).split(separator: "\n").map(String.init)
    }
}
