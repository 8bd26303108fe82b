import Daemon
import Logging
import WebSockets

extension WebSocketsError: StartFailure {
    /// A package that is missing does not come by itself.
    public var isLasting: Bool {
        if case .pluginMissing = self { true } else { false }
    }
}

/// The process `switchboard-ws`: one worker and the sockets it listens at.
public final class WebSocketWorkerProcess: DaemonService {
    /// The group's members connect: nginx is one of them.
    private static let socketMode: UInt32 = 0o660

    private let process: DaemonProcess
    private let worker: WebSocketWorker
    private let socketPath: String

    /// The program `switchboard-ws`.
    public static func run() -> Never {
        DaemonProcess.run(
            WebSocketWorkerProcess.self, program: "switchboard-ws", defaultName: "ws-1",
            extra: [.listenTCP])
    }

    public init(_ process: DaemonProcess) throws {
        self.process = process
        let arguments = process.arguments
        socketPath = arguments.paths.webSocketSocket(name: arguments.name)
        WebSocketServer.limitDescriptors(
            forSockets: WebSocketWorker.maximumSockets(process.settings))
        worker = try WebSocketWorker(
            loop: process.loop, settings: process.settings,
            hubSocket: arguments.paths.workersSocket, name: arguments.name, logger: process.logger)
        do {
            try worker.listen(unixSocket: socketPath, mode: Self.socketMode)
            if let wanted = arguments.listenTCP {
                let port = try worker.listen(loopbackPort: wanted)
                process.logger.info(
                    "listening on loopback too", metadata: ["port": "\(port)"])
            }
        } catch {
            worker.stop()
            throw error
        }
    }

    public func start() {
        worker.start()
        process.ready("listening", ["socket": "\(socketPath)"])
    }

    public func stop() {
        worker.drain { [loop = process.loop] in loop.stop() }
    }

    public func finish() -> Logger.Metadata {
        worker.stop()
        return [:]
    }
}
