import Daemon
import WebSocketWorker

DaemonProcess.run(
    WebSocketWorkerProcess.self, program: "switchboard-ws", defaultName: "ws-1", extra: [.listenTCP]
)
