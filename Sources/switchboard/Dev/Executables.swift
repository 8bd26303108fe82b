import Daemon

/// The programs and files that `switchboard dev` runs, found once at the start.
struct Executables {
    /// This program.
    let own: String
    let agent: String
    let hub: String
    let fastCGI: String
    let webSocket: String
    let nginx: String
    let openssl: String
    /// Gives a child its `PR_SET_PDEATHSIG` before it becomes the program (util-linux).
    let setpriv: String
    let files: SharedFiles

    /// The family is beside this program; the files are in its source tree or in `PREFIX/share`.
    static func locate() throws(CommandFailure) -> Executables {
        let own = FileSystem.directory(of: FileSystem.ownExecutable())
        func sibling(_ name: String) throws(CommandFailure) -> String {
            let path = "\(own)/\(name)"
            guard FileSystem.isExecutable(path) else {
                throw CommandFailure(
                    "\(path) is missing; build the whole package with `swift build` or `make build`"
                )
            }
            return path
        }
        func tool(_ name: String, package: String) throws(CommandFailure) -> String {
            guard let path = Tool.find(name) else {
                throw CommandFailure("\(name) is not installed; `apt-get install \(package)`")
            }
            return path
        }
        return Executables(
            own: FileSystem.ownExecutable(), agent: try sibling("switchboard-agent"),
            hub: try sibling("switchboard-hub"), fastCGI: try sibling("switchboard-fcgi"),
            webSocket: try sibling("switchboard-ws"), nginx: try tool("nginx", package: "nginx"),
            openssl: try tool("openssl", package: "openssl"),
            setpriv: try tool("setpriv", package: "util-linux"),
            files: try SharedFiles.locate(beside: own))
    }
}

/// What nginx reads and serves: beneath the source tree or `PREFIX/share/switchboard`.
struct SharedFiles {
    /// The directory with `switchboard.conf` and `snippets/`, as they are in the source tree.
    let nginx: String
    let console: String
    /// The browser client's modules.
    let client: String

    fileprivate static func locate(beside own: String) throws(CommandFailure) -> SharedFiles {
        var candidates: [SharedFiles] = []
        var directory = own
        while directory != "/" {
            if FileSystem.exists("\(directory)/Package.swift") {
                candidates.append(
                    SharedFiles(
                        nginx: "\(directory)/nginx", console: "\(directory)/Sources/Console",
                        client: "\(directory)/Sources/BrowserClient"))
                break
            }
            directory = FileSystem.directory(of: directory)
        }
        let share = "\(FileSystem.directory(of: own))/share/switchboard"
        candidates.append(
            SharedFiles(
                nginx: "\(share)/dev", console: "\(share)/console", client: "\(share)/client"))
        guard let found = candidates.first(where: { FileSystem.isDirectory($0.nginx) }) else {
            let places = candidates.map(\.nginx).joined(separator: " nor in ")
            throw CommandFailure("nginx's configuration is neither in \(places)")
        }
        return found
    }
}
