import ArgumentParser
import Daemon
import DemoModel
import EventLoop
import Glibc
import JSON

/// The scripted model for offline use, in the foreground.
struct DemoModelCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo-model",
        abstract: "Serve a scripted model on this machine, for use without an API key.",
        discussion: """
            Speaks Anthropic's Messages API on 127.0.0.1: set ANTHROPIC_BASE_URL to the address \
            that it prints, and ANTHROPIC_API_KEY to anything. It is a script, not a language \
            model, and says so. Words such as "demo:error 529" in a prompt make it misbehave.
            """)

    @Option(help: "The port on this machine; 0 takes a free one.")
    var port: UInt16 = 0

    @Option(help: "Milliseconds from token to token, 0 to 10000.")
    var pace = 20

    @Option(help: "Written as JSON when it serves: url and pid. Removed at the end.")
    var readyFile: String?

    func validate() throws {
        guard (0...10_000).contains(pace) else {
            throw ValidationError("--pace takes 0 to 10000 milliseconds, not \(pace)")
        }
    }

    func run() throws {
        let loop = try EventLoop()
        let server = try DemoModelServer(loop: loop, port: port, pace: .milliseconds(pace))
        let signals = StopSignal(loop: loop, stop: { _ in loop.stop() }, reload: {})
        if let readyFile {
            let content: JSONValue = [
                "url": .string(server.baseURL), "pid": .integer(Int64(getpid())),
            ]
            try SmallFile.replace(readyFile, with: content.encoded(), mode: 0o644)
        }
        StandardError.write("The demo model serves at \(server.baseURL)\n")
        loop.run()
        if let readyFile { unsafe unlink(readyFile) }
        withExtendedLifetime((server, signals)) {}
    }
}
