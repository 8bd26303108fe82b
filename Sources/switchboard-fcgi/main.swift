import Daemon
import FastCGIWorker

DaemonProcess.run(FastCGIWorker.self, program: "switchboard-fcgi", defaultName: "fcgi")
