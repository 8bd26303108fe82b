import FastCGIWorker

FastCGIWorkerProcess.run()
