import Daemon
import Hub

DaemonProcess.run(
    HubProcess.self, program: "switchboard-hub", defaultName: "hub", extra: [.agentUser])
