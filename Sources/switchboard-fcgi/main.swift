import Daemon
import FastCGIWorker

DaemonProcess.run(FastCGIWorkerProcess.self, program: "switchboard-fcgi", defaultName: "fcgi")
